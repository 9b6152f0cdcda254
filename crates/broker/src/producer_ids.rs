//! Producer ids: taken one by one from blocks that the controller hands out, so that no id is ever given twice.

use metadata::controller::AllocateProducerIds;
use metadata::{Answer, Command};
use tokio::sync::Mutex;
use types::{ErrorCode, NodeId};

use crate::cluster::Cluster;

/// What is left of the present block.
#[derive(Debug)]
pub(crate) struct ProducerIds {
    node: NodeId,
    /// Held while a new block is fetched: others wait for that block instead of asking for their own.
    block: Mutex<(i64, i64)>,
}

impl ProducerIds {
    pub(crate) fn new(node: NodeId) -> ProducerIds {
        ProducerIds { node, block: Mutex::new((0, 0)) }
    }

    /// The next id.
    pub(crate) async fn next(&self, cluster: &Cluster) -> Result<i64, ErrorCode> {
        let mut block = self.block.lock().await;
        if block.0 == block.1 {
            let broker_epoch = cluster.broker_epoch();
            let command = AllocateProducerIds { broker_id: self.node, broker_epoch };
            match cluster.ask(Command::AllocateProducerIds(command)).await? {
                Answer::AllocateProducerIds(Ok(fresh)) => *block = (fresh.first, fresh.first + i64::from(fresh.length)),
                // Clients try again on this one; they would give up on most others.
                Answer::AllocateProducerIds(Err(_)) => return Err(ErrorCode::CoordinatorLoadInProgress),
                _ => return Err(ErrorCode::UnknownServerError),
            }
        }
        let id = block.0;
        block.0 += 1;
        Ok(id)
    }
}

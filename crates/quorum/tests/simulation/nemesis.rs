//! Who makes things happen: clients that write, administrators that change the voters, and whoever breaks things.

use quorum::message::{AddVoterRequest, RemoveVoterRequest, Request};
use quorum::{Input, Quorum};
use types::NodeId;

use crate::disk::Batch;
use crate::world::{ADMINISTRATOR, Event, Plan, World, endpoints, key};

impl World {
    /// Somebody who says it leads gets new records.
    pub fn client(&mut self) {
        if self.clients {
            let leaders = self.leaders();
            if let Some(id) = self.chance.pick(&leaders) {
                let epoch = self.quorum(id).and_then(Quorum::append_epoch).expect("it leads");
                let count = self.chance.between(1, 4);
                let data: Vec<u64> = (1..=count).map(|number| self.last_number + number).collect();
                self.last_number += count;
                let disk = self.disks.get_mut(&id).expect("a disk");
                disk.append(Batch { base_offset: disk.end_offset(), epoch, control: Vec::new(), data });
                let end_offset = disk.end_offset();
                self.checker.appended(id, disk);
                self.step(id, Input::Appended { epoch, end_offset });
            }
        }
        let pause = self.chance.between(10, 120);
        self.schedule(pause, Event::Client);
    }

    /// Everybody who may append.
    pub fn leaders(&self) -> Vec<NodeId> {
        let leads = |id: &NodeId| self.quorum(*id).is_some_and(|quorum| quorum.append_epoch().is_some());
        self.nodes.keys().copied().filter(leads).collect()
    }

    pub fn nemesis(&mut self) {
        let all: Vec<NodeId> = self.nodes.keys().copied().collect();
        let victim = self.chance.pick(&all).expect("a node");
        match self.chance.between(0, 4) {
            0 | 1 if self.plan.crashes => self.crash(victim),
            2 if self.plan.partitions => self.cut_off(victim),
            3 if self.plan.partitions => {
                let blocked = all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to)));
                let pairs: Vec<(NodeId, NodeId)> = blocked.filter(|(from, to)| from != to).collect();
                for pair in pairs {
                    if self.chance.happens(30) {
                        self.blocked.insert(pair);
                    }
                }
            }
            _ => {}
        }
        let (heal, next) = (self.chance.between(200, 4_000), self.chance.between(200, 1_800));
        if self.plan.partitions {
            self.schedule(heal, Event::Heal);
        }
        self.schedule(next, Event::Nemesis);
    }

    /// Nothing reaches the node, and nothing it says reaches anybody.
    pub fn cut_off(&mut self, id: NodeId) {
        let others: Vec<NodeId> = self.nodes.keys().copied().filter(|other| *other != id).collect();
        for other in others {
            self.blocked.insert((id, other));
            self.blocked.insert((other, id));
        }
    }

    /// Adds or removes a voter, at whoever leads.
    pub fn administrator(&mut self) {
        let leaders = self.leaders();
        if let Some(leader) = self.chance.pick(&leaders).filter(|_| self.plan.dynamic) {
            let voters: Vec<NodeId> = self.quorum(leader).expect("it leads").voters().ids().collect();
            let outside: Vec<NodeId> = self.nodes.keys().copied().filter(|id| !voters.contains(id)).collect();
            let request = if self.chance.happens(50) && voters.len() > 2 {
                self.chance
                    .pick(&voters)
                    .map(|id| Request::RemoveVoter(RemoveVoterRequest { cluster_id: None, voter: key(id) }))
            } else {
                self.chance.pick(&outside).map(|id| {
                    Request::AddVoter(AddVoterRequest {
                        cluster_id: None,
                        voter: key(id),
                        endpoints: endpoints(id),
                        ack_when_committed: true,
                        timeout_ms: 1_000,
                    })
                })
            };
            if let Some(request) = request {
                self.ask(ADMINISTRATOR, 0, 0, leader, leader, request);
            }
        }
        let pause = self.chance.between(300, 1_500);
        self.schedule(pause, Event::Administrator);
    }

    /// From now on nothing fails any more.
    pub fn make_peace(&mut self) {
        self.blocked.clear();
        self.plan = Plan {
            loss_percent: 0,
            repeat_percent: 0,
            crashes: false,
            partitions: false,
            dynamic: false,
            ..self.plan.clone()
        };
    }

    /// No more records.
    pub fn quiet(&mut self) {
        self.clients = false;
    }
}

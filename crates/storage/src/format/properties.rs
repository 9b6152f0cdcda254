//! `meta.properties`: which cluster and node a log directory belongs to, and its own id.

use types::{NodeId, Uuid};

/// Who a log directory belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MetaProperties {
    pub cluster_id: String,
    pub node_id: NodeId,
    /// Directories that older versions formatted have none.
    pub directory_id: Option<Uuid>,
}

const VERSION: &str = "1";

pub(crate) fn encode(meta: &MetaProperties) -> Vec<u8> {
    let mut text = format!("#\ncluster.id={}\n", meta.cluster_id);
    if let Some(id) = meta.directory_id {
        text += &format!("directory.id={id}\n");
    }
    text += &format!("node.id={}\nversion={VERSION}\n", meta.node_id);
    text.into_bytes()
}

pub(crate) fn decode(content: &[u8]) -> Result<MetaProperties, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not text".to_owned())?;
    let field = |name: &str| {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with(['#', '!']))
            .filter_map(|line| line.split_once(['=', ':']))
            .find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
    };
    match field("version") {
        Some(VERSION) => {}
        version => return Err(format!("version {:?} where {VERSION} is expected", version.unwrap_or(""))),
    }
    let cluster_id = field("cluster.id").filter(|id| !id.is_empty()).ok_or("it has no cluster.id")?;
    let node_id = field("node.id").ok_or("it has no node.id")?;
    let directory_id = field("directory.id").map(str::parse::<Uuid>).transpose().map_err(|error| error.to_string())?;
    if directory_id.is_some_and(Uuid::is_reserved) {
        return Err("its directory.id is reserved".to_owned());
    }
    Ok(MetaProperties {
        cluster_id: cluster_id.to_owned(),
        node_id: node_id.parse().map_err(|_| format!("node.id {node_id:?} is no number"))?,
        directory_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kafkas_file_is_read_and_ours_survives() {
        let kafkas = b"#\n#Tue Nov 24 10:00:00 UTC 2026\nnode.id=7\ndirectory.id=Vkbsb4DlTH2kqCCuGCKZ-w\nversion=1\ncluster.id=abc\n";
        let meta = decode(kafkas).unwrap();
        assert_eq!((meta.cluster_id.as_str(), meta.node_id), ("abc", 7));
        assert_eq!(meta.directory_id.unwrap().to_string(), "Vkbsb4DlTH2kqCCuGCKZ-w");
        assert_eq!(decode(&encode(&meta)), Ok(meta));
    }

    #[test]
    fn broken_files_are_refused() {
        for broken in [
            "",
            "version=0\ncluster.id=a\nnode.id=1\n",
            "version=1\ncluster.id=a\n",
            "version=1\nnode.id=1\n",
            "version=1\ncluster.id=\nnode.id=1\n",
            "version=1\ncluster.id=a\nnode.id=x\n",
            "version=1\ncluster.id=a\nnode.id=1\ndirectory.id=nope\n",
            "version=1\ncluster.id=a\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n",
        ] {
            assert!(decode(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&content);
        }
    }
}

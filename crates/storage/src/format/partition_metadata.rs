//! `partition.metadata`: `version: 0` and `topic_id: <id>`, so that a directory of an earlier topic of the same name is noticed.

use types::Uuid;

pub(crate) fn encode(topic_id: Uuid) -> Vec<u8> {
    format!("version: 0\ntopic_id: {topic_id}").into_bytes()
}

pub(crate) fn decode(content: &[u8]) -> Result<Uuid, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not text".to_owned())?;
    let field = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
            .ok_or_else(|| format!("it has no {name}"))
    };
    let version = field("version")?;
    if version != "0" {
        return Err(format!("it has version {version}"));
    }
    field("topic_id")?.parse::<Uuid>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_kafkas() {
        let content = encode(Uuid::METADATA_TOPIC);
        assert_eq!(content, b"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(decode(&content), Ok(Uuid::METADATA_TOPIC));
        for broken in ["", "version: 1\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ", "version: 0\ntopic_id: x", "version: 0"] {
            assert!(decode(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}

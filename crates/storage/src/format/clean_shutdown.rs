//! `.kafka_cleanshutdown`: its presence says that everything was synced; it carries the epoch of the broker that stopped, which the
//! next registration passes on (KIP-966).

/// The epoch where none is known.
pub(crate) const NO_BROKER_EPOCH: i64 = -1;

pub(crate) fn encode(broker_epoch: i64) -> Vec<u8> {
    format!(r#"{{"version":0,"brokerEpoch":{broker_epoch}}}"#).into_bytes()
}

/// The epoch in the file, `None` where it does not parse: then the stop was not clean.
pub(crate) fn decode(content: &[u8]) -> Option<i64> {
    let value: serde_json::Value = serde_json::from_slice(content).ok()?;
    (value.get("version")?.as_i64()? == 0).then_some(())?;
    value.get("brokerEpoch")?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_is_kafkas() {
        assert_eq!(encode(7), br#"{"version":0,"brokerEpoch":7}"#);
        assert_eq!(decode(&encode(7)), Some(7));
        assert_eq!(decode(br#"{"brokerEpoch": -1, "version": 0}"#), Some(NO_BROKER_EPOCH));
        for broken in ["", "{", "[]", r#"{"version":1,"brokerEpoch":7}"#, r#"{"version":0}"#] {
            assert_eq!(decode(broken.as_bytes()), None, "{broken}");
        }
    }
}

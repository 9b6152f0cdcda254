//! Whether a value is one of those a row allows, and how that is said in words.

use crate::group_options::OffsetReset;
use crate::key::Valid;
use crate::listeners::host_port;
use crate::quorum_voters::Voter;
use crate::value::Value;

impl Valid {
    /// Whether the value is allowed. No value always is.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) | (Valid::Any, _) => true,
            (Valid::AtLeast(min), Value::Int(number)) => number >= min,
            (Valid::Between(min, max), Value::Int(number)) => (min..=max).contains(&number),
            (Valid::BetweenOr(min, max, other), Value::Int(number)) => (min..=max).contains(&number) || number == other,
            (Valid::AtLeast(min), Value::Double(number)) => *number >= *min as f64,
            (Valid::Within(min, max), Value::Double(number)) => (min..=max).contains(&number),
            (Valid::OneOf(texts), Value::Text(text)) => texts.contains(&text.as_str()),
            (Valid::OneOfAnyCase(texts), Value::Text(text)) => texts.iter().any(|one| one.eq_ignore_ascii_case(text)),
            (Valid::EachOf(texts), Value::List(items)) => items.iter().all(|item| texts.contains(&item.as_str())),
            (Valid::NonEmpty, Value::Text(text)) => !text.is_empty(),
            (Valid::HostPortOrEmpty, Value::Text(text)) => text.is_empty() || host_port(text).is_some(),
            (Valid::HostPorts, Value::List(items)) => items.iter().all(|item| host_port(item).is_some()),
            (Valid::Voters, Value::List(items)) => items.iter().all(|item| Voter::parse(item).is_some()),
            (Valid::ThrottledReplicas, Value::List(items)) => throttled_replicas(items),
            (Valid::OffsetReset, Value::Text(text)) => OffsetReset::parse(text).is_some(),
            _ => false,
        }
    }

    /// What is allowed, to stand after "it must be".
    pub fn words(&self) -> String {
        match self {
            Valid::Any => "any value of its type".to_owned(),
            Valid::AtLeast(min) => format!("at least {min}"),
            Valid::Between(min, max) => format!("from {min} to {max}"),
            Valid::BetweenOr(min, max, other) => format!("from {min} to {max}, or {other}"),
            Valid::Within(min, max) => format!("from {min} to {max}"),
            Valid::OneOf(texts) => format!("one of {}", quoted(texts)),
            Valid::OneOfAnyCase(texts) => format!("one of {}, in capitals or not", quoted(texts)),
            Valid::EachOf(texts) => format!("a list of {}", quoted(texts)),
            Valid::NonEmpty => "a text that is not empty".to_owned(),
            Valid::HostPortOrEmpty => "`host:port`, or empty".to_owned(),
            Valid::HostPorts => "a list of `host:port`".to_owned(),
            Valid::Voters => "a list of `id@host:port`".to_owned(),
            Valid::ThrottledReplicas => "a list of `partition:broker`, or `*`".to_owned(),
            Valid::OffsetReset => "`latest`, `earliest` or `by_duration:` with an ISO 8601 duration".to_owned(),
        }
    }
}

fn quoted(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(", ")
}

fn throttled_replicas(items: &[String]) -> bool {
    if let [only] = items
        && only == "*"
    {
        return true;
    }
    items.iter().all(|item| item.split_once(':').is_some_and(|(partition, broker)| digits(partition) && digits(broker)))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(texts: &[&str]) -> Value {
        Value::List(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn throttled_replicas_are_pairs_or_a_star() {
        assert!(Valid::ThrottledReplicas.admits(&items(&[])));
        assert!(Valid::ThrottledReplicas.admits(&items(&["*"])));
        assert!(Valid::ThrottledReplicas.admits(&items(&["0:1", "12:101"])));
        assert!(!Valid::ThrottledReplicas.admits(&items(&["0:1", "*"])));
        assert!(!Valid::ThrottledReplicas.admits(&items(&["0"])));
        assert!(!Valid::ThrottledReplicas.admits(&items(&[":1"])));
    }

    #[test]
    fn a_text_may_be_compared_without_case() {
        let valid = Valid::OneOfAnyCase(&["ES256", "RS256"]);
        assert!(valid.admits(&Value::Text("rs256".to_owned())));
        assert!(!valid.admits(&Value::Text("HS256".to_owned())));
        assert!(!Valid::OneOf(&["gzip"]).admits(&Value::Text("GZIP".to_owned())));
    }

    #[test]
    fn addresses_need_host_and_port() {
        assert!(Valid::HostPortOrEmpty.admits(&Value::Text(String::new())));
        assert!(Valid::HostPortOrEmpty.admits(&Value::Text("localhost:9644".to_owned())));
        assert!(!Valid::HostPortOrEmpty.admits(&Value::Text("localhost".to_owned())));
        assert!(Valid::HostPorts.admits(&items(&["a:1", "[::1]:2"])));
        assert!(!Valid::HostPorts.admits(&items(&["a:1", "b"])));
    }
}

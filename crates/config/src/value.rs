//! Text becomes a value: read by the key's type, then held against what the row allows.

use crate::error::ConfigError;
use crate::key::{Key, Kind};

/// A value that passed its row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not set, and no default.
    Null,
    /// A boolean.
    Bool(bool),
    /// A short, int or long.
    Int(i64),
    /// A double.
    Double(f64),
    /// A string, class or password.
    Text(String),
    /// A list.
    List(Vec<String>),
}

/// Reads a value as the key's row says.
pub(crate) fn parse(key: &Key, text: &str) -> Result<Value, ConfigError> {
    let value = match key.kind {
        Kind::Bool => boolean(text).map(Value::Bool).ok_or("`true` or `false`"),
        Kind::Short => whole(text, i16::MIN.into(), i16::MAX.into()).ok_or("a whole number of 16 bits"),
        Kind::Int => whole(text, i32::MIN.into(), i32::MAX.into()).ok_or("a whole number of 32 bits"),
        Kind::Long => whole(text, i64::MIN, i64::MAX).ok_or("a whole number of 64 bits"),
        Kind::Double => double(text).map(Value::Double).ok_or("a number"),
        Kind::Str | Kind::Class => Ok(Value::Text(text.trim().to_owned())),
        Kind::Password => Ok(Value::Text(text.to_owned())),
        Kind::List => Ok(Value::List(list(text))),
    };
    let value = value.map_err(|allowed| ConfigError::invalid(key, text, allowed))?;
    if !key.valid.admits(&value) {
        return Err(ConfigError::invalid(key, text, key.valid.words()));
    }
    Ok(value)
}

/// The items of a comma-separated list, without the spaces around them; none for an empty text.
pub(crate) fn list(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| item.trim().to_owned()).collect()
}

fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn whole(text: &str, min: i64, max: i64) -> Option<Value> {
    let number: i64 = text.trim().parse().ok()?;
    (min..=max).contains(&number).then_some(Value::Int(number))
}

fn double(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Scope;
    use crate::table::find;

    fn read(name: &str, text: &str) -> Result<Value, ConfigError> {
        parse(find(Scope::Broker, name).unwrap(), text)
    }

    #[test]
    fn values_are_read_by_their_type() {
        assert_eq!(read("log.preallocate", " TRUE ").unwrap(), Value::Bool(true));
        assert_eq!(read("num.partitions", " 3 ").unwrap(), Value::Int(3));
        assert_eq!(read("log.cleaner.min.cleanable.ratio", "0.25").unwrap(), Value::Double(0.25));
        assert_eq!(read("broker.rack", " a ").unwrap(), Value::Text("a".to_owned()));
        assert_eq!(read("ssl.key.password", " a ").unwrap(), Value::Text(" a ".to_owned()));
        assert_eq!(read("log.dirs", "/a , /b").unwrap(), Value::List(vec!["/a".to_owned(), "/b".to_owned()]));
        assert_eq!(read("log.dirs", " ").unwrap(), Value::List(Vec::new()));
    }

    #[test]
    fn numbers_that_do_not_fit_their_type_are_refused() {
        assert!(read("num.partitions", "2147483647").is_ok());
        assert!(read("num.partitions", "2147483648").is_err());
        assert!(read("offsets.topic.replication.factor", "32768").is_err());
        assert!(read("log.retention.bytes", "9223372036854775808").is_err());
        assert!(read("num.partitions", "1.0").is_err());
        assert!(read("log.cleaner.io.buffer.load.factor", "NaN").is_err());
        assert!(read("log.preallocate", "yes").is_err());
    }

    #[test]
    fn bounds_of_the_row_hold() {
        assert!(read("num.partitions", "0").is_err());
        assert!(read("log.cleaner.min.cleanable.ratio", "1.01").is_err());
        assert!(read("compression.gzip.level", "-1").is_ok());
        assert!(read("compression.gzip.level", "0").is_err());
        assert!(read("compression.type", "brotli").is_err());
        assert!(read("log.cleanup.policy", "compact,delete").is_ok());
        assert!(read("log.cleanup.policy", "compact,keep").is_err());
    }
}

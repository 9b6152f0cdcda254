//! What a row of the table says about one configuration key, and the macro in which rows are written.

/// One configuration key: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// The name, as it stands in a file.
    pub name: &'static str,
    /// What the key belongs to.
    pub scope: Scope,
    /// The type of its values.
    pub kind: Kind,
    /// What holds where nobody sets it.
    pub default: DefaultValue,
    /// Which values are allowed, beyond what the type says.
    pub valid: Valid,
    /// How much it matters to an operator.
    pub importance: Importance,
    /// How it changes.
    pub update: Update,
    /// The broker keys it falls back to when it is not set, in order.
    pub synonyms: &'static [Synonym],
    /// Whether setting it has an effect.
    pub acted_on: Acted,
    /// Meaning and unit.
    pub words: &'static str,
}

impl Key {
    /// Whether its value must not be shown.
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// The default as text, where there is one.
    pub fn default_text(&self) -> Option<&'static str> {
        match self.default {
            DefaultValue::Is(text) => Some(text),
            DefaultValue::Null | DefaultValue::Required => None,
        }
    }
}

/// What a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A node: set in its file, some of them also at run time.
    Broker,
    /// A topic, set at run time.
    Topic,
    /// A group, set at run time.
    Group,
}

/// The type of a key's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// 32 bits, signed.
    Int,
    /// 16 bits, signed.
    Short,
    /// 64 bits, signed.
    Long,
    /// A floating-point number.
    Double,
    /// Text.
    Str,
    /// Texts, comma separated.
    List,
    /// The name of a Java class.
    Class,
    /// Text that is never shown.
    Password,
}

impl Kind {
    /// The number that stands for this type in DescribeConfigs answers.
    pub fn code(self) -> i8 {
        match self {
            Kind::Bool => 1,
            Kind::Str => 2,
            Kind::Int => 3,
            Kind::Short => 4,
            Kind::Long => 5,
            Kind::Double => 6,
            Kind::List => 7,
            Kind::Class => 8,
            Kind::Password => 9,
        }
    }

    /// Kafka's word for this type.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "boolean",
            Kind::Str => "string",
            Kind::Int => "int",
            Kind::Short => "short",
            Kind::Long => "long",
            Kind::Double => "double",
            Kind::List => "list",
            Kind::Class => "class",
            Kind::Password => "password",
        }
    }
}

/// What holds where nobody sets a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// This text, read like a value in a file.
    Is(&'static str),
    /// No value.
    Null,
    /// Somebody must set it.
    Required,
}

/// Which values a key allows, beyond what its type says. A key without value passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Valid {
    /// Every value of the type.
    Any,
    /// A whole number from here.
    AtLeast(i64),
    /// A whole number from the first to the second, both included.
    Between(i64, i64),
    /// As `Between`, or the third number.
    BetweenOr(i64, i64, i64),
    /// A number from the first to the second, both included.
    Within(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in capitals or not.
    OneOfAnyCase(&'static [&'static str]),
    /// A list of these texts.
    EachOf(&'static [&'static str]),
    /// A text that is not empty.
    NonEmpty,
    /// `host:port`, or nothing.
    HostPortOrEmpty,
    /// A list of `host:port`.
    HostPorts,
    /// A list of `id@host:port`.
    Voters,
    /// A list of `partition:broker`, or `*`.
    ThrottledReplicas,
    /// Where a share group begins.
    OffsetReset,
}

/// How much a key matters to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// Look at it before the first start.
    High,
    /// Look at it when tuning.
    Medium,
    /// Rarely looked at.
    Low,
    /// Not shown to operators.
    Internal,
}

/// How a key changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// In the file, with a restart.
    ReadOnly,
    /// At run time, for one broker.
    PerBroker,
    /// At run time, for one broker or for all of them.
    ClusterWide,
    /// At run time, for one topic or group.
    PerResource,
}

/// Whether setting a key has an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted {
    /// It does what its words say.
    Yes,
    /// It will; what is missing.
    NotYet(&'static str),
    /// It never will; why it has no meaning here.
    Inert(&'static str),
}

/// A broker key that another key falls back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synonym {
    /// The broker key's name.
    pub key: &'static str,
    /// How many units of the falling-back key one unit of this key is.
    pub factor: i64,
}

impl Synonym {
    /// A value of the broker key, in the unit of the key that falls back to it. A negative time stands for "forever"
    /// in every unit and becomes -1.
    pub fn scaled(&self, value: &str) -> String {
        match value.trim().parse::<i64>() {
            Ok(number) if self.factor != 1 && number < 0 => "-1".to_owned(),
            Ok(number) if self.factor != 1 => number.saturating_mul(self.factor).to_string(),
            _ => value.to_owned(),
        }
    }
}

/// A minute in milliseconds.
pub(crate) const MINUTE: i64 = 60_000;
/// An hour in milliseconds.
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) const fn same(key: &'static str) -> Synonym {
    Synonym { key, factor: 1 }
}

pub(crate) const fn times(key: &'static str, factor: i64) -> Synonym {
    Synonym { key, factor }
}

/// A family's rows: `"name" Kind = default, valid, importance, update, acted on[, from [synonyms]]; "words"`.
macro_rules! rows {
    ($scope:ident; $(
        $name:literal $kind:ident = $default:expr, $valid:expr, $importance:ident, $update:ident, $acted_on:expr
        $(, from [$($synonym:expr),+])?; $words:literal
    )*) => {
        &[$($crate::key::Key {
            name: $name,
            scope: $crate::key::Scope::$scope,
            kind: $crate::key::Kind::$kind,
            default: $default,
            valid: $valid,
            importance: $crate::key::Importance::$importance,
            update: $crate::key::Update::$update,
            synonyms: &[$($($synonym),+)?],
            acted_on: $acted_on,
            words: $words,
        }),*]
    };
}
pub(crate) use rows;

/// What the files of rows import.
pub(crate) mod row {
    pub(crate) use super::Acted::Yes;
    pub(crate) use super::DefaultValue::{Is, Null, Required};
    pub(crate) use super::Valid::*;
    pub(crate) use super::{HOUR, Key, MINUTE, rows, same, times};
    pub(crate) use crate::reason::*;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fallback_values_are_given_in_the_unit_of_the_key_that_falls_back() {
        assert_eq!(times("log.retention.hours", 3_600_000).scaled("168"), "604800000");
        assert_eq!(same("log.retention.ms").scaled("5"), "5");
    }

    #[test]
    fn forever_stays_forever_in_every_unit() {
        assert_eq!(times("log.retention.hours", 3_600_000).scaled("-1"), "-1");
    }

    #[test]
    fn huge_fallback_values_do_not_overflow() {
        assert_eq!(times("log.roll.hours", 3_600_000).scaled("9223372036854775807"), i64::MAX.to_string());
    }
}

//! What a table says, as data: sections of messages, messages of fields, and the version ranges that everything hangs on.

/// A set of versions: everything from `first` to `last`; empty where `first > last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The lowest version in the set.
    pub first: i16,
    /// The highest version in the set; `i16::MAX` where the table says "and later".
    pub last: i16,
}

impl Versions {
    /// No version at all.
    pub const NONE: Versions = Versions { first: 0, last: -1 };
    /// Every version.
    pub const ALL: Versions = Versions { first: 0, last: i16::MAX };

    /// Is the set empty?
    pub fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// Is this version in the set?
    pub fn contains(self, version: i16) -> bool {
        self.first <= version && version <= self.last
    }

    /// The versions that both sets hold.
    pub fn and(self, other: Versions) -> Versions {
        let both = Versions { first: self.first.max(other.first), last: self.last.min(other.last) };
        if both.is_empty() { Versions::NONE } else { both }
    }

    /// Does this set hold every version of the other?
    pub fn covers(self, other: Versions) -> bool {
        other.is_empty() || (self.first <= other.first && other.last <= self.last)
    }
}

/// The types that a value on the wire can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// One byte, true where it is not zero.
    Bool,
    /// Signed, one byte.
    Int8,
    /// Signed, two bytes.
    Int16,
    /// Unsigned, two bytes.
    Uint16,
    /// Signed, four bytes.
    Int32,
    /// Unsigned, four bytes.
    Uint32,
    /// Signed, eight bytes.
    Int64,
    /// IEEE 754, eight bytes.
    Float64,
    /// UTF-8 with its length in front.
    String,
    /// Bytes with their length in front.
    Bytes,
    /// Record batches with their length in front.
    Records,
    /// Sixteen bytes.
    Uuid,
    /// A nested struct; its fields are those of [`Field::children`].
    Struct,
    /// Many of one type, the count in front.
    Array(Box<Type>),
}

/// One field of a message or of a nested struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name as the table writes it.
    pub name: String,
    /// The type on the wire.
    pub kind: Type,
    /// The versions that carry the field.
    pub versions: Versions,
    /// The versions in which it may be null.
    pub nullable: Versions,
    /// The tag number and the versions in which the field is a tagged one.
    pub tag: Option<(u32, Versions)>,
    /// The default as the table writes it.
    pub default: Option<String>,
    /// May a value be dropped silently where a version lacks the field?
    pub ignorable: bool,
    /// Is a tagged field written also where it has its default?
    pub always: bool,
    /// Never in compact form, also where the message is flexible.
    pub never_compact: bool,
    /// The fields of the nested struct.
    pub children: Vec<Field>,
}

impl Field {
    /// Is it a struct, or an array of structs?
    pub fn holds_struct(&self) -> bool {
        match &self.kind {
            Type::Struct => true,
            Type::Array(element) => **element == Type::Struct,
            _ => false,
        }
    }

    /// The versions in which the field is tagged.
    pub fn tagged(&self) -> Versions {
        self.tag.map_or(Versions::NONE, |(_, versions)| versions)
    }

    /// A tagged struct that may be null: it has another mark in front than one that is not tagged.
    pub fn is_nullable_tagged_struct(&self) -> bool {
        self.kind == Type::Struct && self.tag.is_some() && !self.nullable.is_empty()
    }

    /// May the field be null in any version? Records always may: they are absent where there are none.
    pub fn is_option(&self) -> bool {
        !self.nullable.is_empty() || self.kind == Type::Records
    }
}

/// What part a message plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request of the API with the message's number.
    Request,
    /// The answer to it.
    Response,
    /// A request or response header.
    Header,
    /// A value carried inside other messages.
    Data,
    /// A record whose number is its type id.
    Metadata,
    /// The key of a coordinator's record.
    CoordinatorKey,
    /// The value of a coordinator's record.
    CoordinatorValue,
}

/// One message of the table.
#[derive(Clone, Debug)]
pub struct Message {
    /// API key, record type or coordinator record type.
    pub number: Option<i16>,
    /// The name as the table writes it.
    pub name: String,
    /// The part it plays.
    pub kind: Kind,
    /// The versions it has.
    pub versions: Versions,
    /// The versions with compact lengths and tagged fields.
    pub flexible: Versions,
    /// Who serves the request: "broker", "controller".
    pub listeners: Vec<String>,
    /// Is the newest version not yet stable?
    pub latest_unstable: bool,
    /// The fields of the message.
    pub fields: Vec<Field>,
}

/// Messages that stand under one heading; their numbers are unique among one kind only within it.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The heading; empty for what stands before the first one.
    pub title: String,
    /// The messages, removed ones left out.
    pub messages: Vec<Message>,
}

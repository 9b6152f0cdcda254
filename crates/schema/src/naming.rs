//! From the table's names to Rust's: fields in snake_case, nested structs by their field, in the singular for an array.

use std::collections::HashMap;

use crate::model::{Field, Message, Type};

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// `TopicIdPartition` → `topic_id_partition`; `ISR` → `isr`; a keyword gets an underscore at its end.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            let after_word = !letters[index - 1].is_ascii_uppercase();
            let before_word = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
            if after_word || before_word {
                out.push('_');
            }
        }
        out.push(letter.to_ascii_lowercase());
    }
    if KEYWORDS.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// `commitTimestamp` → `CommitTimestamp`.
pub fn pascal_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// `Topics` → `Topic`, `Entries` → `Entry`; what does not end like a plural stays (`Status`, `PartitionData`).
pub fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        format!("{stem}y")
    } else if name.ends_with("ss") || name.ends_with("us") {
        name.to_owned()
    } else {
        name.strip_suffix('s').unwrap_or(name).to_owned()
    }
}

/// The names of a message's nested structs, in the order in which a walk over its fields meets them.
#[derive(Debug)]
pub struct StructNames {
    names: Vec<String>,
    next: usize,
}

impl StructNames {
    /// Names every nested struct: by its field, and with the parents' names in front where that is not unique.
    pub fn of(message: &Message) -> StructNames {
        let mut paths = Vec::new();
        collect(&message.fields, std::slice::from_ref(&message.name), &mut paths);
        let mut lengths = vec![1; paths.len()];
        loop {
            let names: Vec<String> = paths
                .iter()
                .zip(&lengths)
                .map(|(path, &length)| path[path.len().saturating_sub(length)..].concat())
                .collect();
            let mut uses: HashMap<&str, usize> = HashMap::from([(message.name.as_str(), 1)]);
            for name in &names {
                *uses.entry(name).or_default() += 1;
            }
            let mut grown = false;
            for ((name, length), path) in names.iter().zip(&mut lengths).zip(&paths) {
                if uses[name.as_str()] > 1 && *length < path.len() {
                    *length += 1;
                    grown = true;
                }
            }
            if !grown {
                return StructNames { names, next: 0 };
            }
        }
    }

    /// The name of the next nested struct of the walk.
    pub fn take(&mut self) -> String {
        let name = self.names.get(self.next).cloned().unwrap_or_default();
        self.next += 1;
        name
    }
}

fn collect(fields: &[Field], parents: &[String], paths: &mut Vec<Vec<String>>) {
    for field in fields.iter().filter(|field| field.holds_struct()) {
        let name = pascal_case(&field.name);
        let name = if field.kind == Type::Struct { name } else { singular(&name) };
        let mut path = parents.to_vec();
        path.push(name);
        paths.push(path.clone());
        collect(&field.children, &path, paths);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn words_are_split_where_they_begin() {
        for (name, want) in [
            ("TopicIdPartition", "topic_id_partition"),
            ("ISR", "isr"),
            ("KRaftVersion", "k_raft_version"),
            ("Enable2Pc", "enable2_pc"),
            ("ResultsByTopicV3AndBelow", "results_by_topic_v3_and_below"),
            ("timeoutMs", "timeout_ms"),
            ("Type", "type_"),
        ] {
            assert_eq!(snake_case(name), want);
        }
    }

    #[test]
    fn plurals_lose_their_ending() {
        for (name, want) in
            [("Topics", "Topic"), ("Entries", "Entry"), ("Status", "Status"), ("TopicData", "TopicData")]
        {
            assert_eq!(singular(name), want);
        }
    }

    #[test]
    fn equal_names_get_their_parents_in_front() {
        let table = "9 XResponse versions 0\n  Topics []{} 0\n    Parts []{} 0\n      A int8 0\n  Groups []{} 0\n    Topics []{} 0\n      Parts []{} 0\n        A int8 0\n";
        let sections = parse(table).expect("valid");
        let mut names = StructNames::of(&sections[0].messages[0]);
        let all: Vec<String> = (0..5).map(|_| names.take()).collect();
        assert_eq!(all, ["XResponseTopic", "XResponseTopicPart", "Group", "GroupTopic", "GroupTopicPart"]);
    }
}

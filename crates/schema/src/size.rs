//! The fewest bytes that a value takes on the wire: what an announced count of elements is checked against.

use crate::model::{Field, Message, Type, Versions};

/// Runs of versions in which a struct with these fields has one smallest size.
pub fn minimum_sizes(message: &Message, fields: &[Field], versions: Versions) -> Vec<(Versions, usize)> {
    let mut runs: Vec<(Versions, usize)> = Vec::new();
    for version in versions.first..=versions.last {
        let size = struct_size(message, fields, version);
        match runs.last_mut() {
            Some((run, same)) if *same == size => run.last = version,
            _ => runs.push((Versions { first: version, last: version }, size)),
        }
    }
    runs
}

fn struct_size(message: &Message, fields: &[Field], version: i16) -> usize {
    let flexible = message.flexible.contains(version);
    let tagged_fields = usize::from(flexible);
    let plain = fields.iter().filter(|field| field.versions.contains(version) && !field.tagged().contains(version));
    tagged_fields + plain.map(|field| field_size(message, field, version, flexible)).sum::<usize>()
}

fn field_size(message: &Message, field: &Field, version: i16, flexible: bool) -> usize {
    let compact = flexible && !field.never_compact;
    match &field.kind {
        Type::Bool | Type::Int8 => 1,
        Type::Int16 | Type::Uint16 => 2,
        Type::Int32 | Type::Uint32 => 4,
        Type::Int64 | Type::Float64 => 8,
        Type::Uuid => 16,
        Type::String => {
            if compact {
                1
            } else {
                2
            }
        }
        Type::Bytes | Type::Records | Type::Array(_) => {
            if compact {
                1
            } else {
                4
            }
        }
        Type::Struct if field.nullable.contains(version) => 1,
        Type::Struct => struct_size(message, &field.children, version),
    }
}

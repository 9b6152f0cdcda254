//! Zigzag varints as records use them: at most 5 bytes for 32 bits, 10 for 64.

/// Takes a 32-bit varint off the front; `None` where the bytes end or the number is too long.
#[inline]
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Option<i32> {
    // One byte is by far the most frequent form: deltas and small lengths.
    if let [byte, rest @ ..] = *bytes
        && byte & 0x80 == 0
    {
        *bytes = rest;
        return Some(unzigzag(u32::from(*byte)));
    }
    let mut value = 0u32;
    for (index, &byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Some(unzigzag(value));
        }
    }
    None
}

/// Takes a 64-bit varint off the front; `None` where the bytes end or the number is too long.
#[inline]
pub(crate) fn take_varlong(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Appends a varint of 32 or 64 bits.
pub(crate) fn put_varint(output: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        output.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    output.push(rest as u8);
}

/// Bytes that [`put_varint`] appends.
pub(crate) fn varint_length(value: i64) -> usize {
    let zigzag = ((value << 1) ^ (value >> 63)) as u64;
    (64 - (zigzag | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive(value: i64, small: i32) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            prop_assert_eq!(bytes.len(), varint_length(value));
            let mut rest = &bytes[..];
            prop_assert_eq!(take_varlong(&mut rest), Some(value));
            prop_assert!(rest.is_empty());

            let mut bytes = Vec::new();
            put_varint(&mut bytes, i64::from(small));
            prop_assert_eq!(take_varint(&mut &bytes[..]), Some(small));
        }
    }

    #[test]
    fn too_long_and_cut_numbers_are_refused() {
        assert_eq!(take_varint(&mut &[0xff; 5][..]), None);
        assert_eq!(take_varint(&mut &[0x80][..]), None);
        assert_eq!(take_varint(&mut &[][..]), None);
        assert_eq!(take_varlong(&mut &[0xff; 11][..]), None);
        assert_eq!(take_varint(&mut &[0xff, 0xff, 0xff, 0xff, 0x0f][..]), Some(i32::MIN));
    }
}

//! Certificates and keys as text (PEM), however editors and chats left them. Pure.

/// The same text without a byte order mark and without blanks around its lines. Cameras are spoken to through a library that
/// passes over both; the readers of brokers' certificates and keys do not.
pub(crate) fn plain(pem: &[u8]) -> Vec<u8> {
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
    let mut plain = Vec::with_capacity(pem.len() + 1);
    for line in pem.split(|byte| *byte == b'\n') {
        plain.extend_from_slice(line.trim_ascii());
        plain.push(b'\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_and_blanks_around_lines_are_nothing() {
        let written =
            b"\xef\xbb\xbf  -----BEGIN CERTIFICATE-----\r\n\taGVs bG8=\n -----END CERTIFICATE----- ";
        let meant = b"-----BEGIN CERTIFICATE-----\naGVs bG8=\n-----END CERTIFICATE-----\n";
        assert_eq!(plain(written), meant);
        assert_eq!(plain(&plain(written)).trim_ascii(), meant.trim_ascii());
    }
}

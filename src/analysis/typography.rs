//! Characters that look like those of a keyboard and are others: what Chinese input methods, word processors and
//! chat programs put in their place. Pure.

/// The plain character that is meant by a look-alike; `None` for a character that stands for itself.
pub(crate) fn plain(c: char) -> Option<char> {
    Some(match c {
        // Full-width forms: letters, digits and marks, in ASCII's order.
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0)?,
        '\u{3000}' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => ' ',
        '“' | '”' | '„' | '‟' | '「' | '」' | '『' | '』' | '〝' | '〞' => '"',
        '‘' | '’' | '‛' => '\'',
        '、' | '﹐' => ',',
        '﹔' => ';',
        '∶' | '﹕' => ':',
        '。' => '.',
        '﹦' => '=',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '‐'..='―' | '−' | '﹣' => '-',
        '〜' | '∼' => '~',
        _ => return None,
    })
}

/// Whether nothing is seen of a character: those that come along when text is copied from a page or a chat.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_width_character_stands_for_the_one_of_the_keyboard() {
        for (typed, meant) in "０９ＡｚＺ：＝，；（）［］｛｝＂＇＃　“”‘’、。－—～【】\u{a0}"
            .chars()
            .zip("09AzZ:=,;()[]{}\"'# \"\"'',.--~[] ".chars())
        {
            assert_eq!(plain(typed), Some(meant), "{typed}");
        }
        for itself in ['a', '0', ' ', '"', '地', '·', '\u{200b}', '\u{ffff}'] {
            assert_eq!(plain(itself), None, "{itself}");
        }
    }
}

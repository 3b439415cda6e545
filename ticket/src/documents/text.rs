//! Text for the fonts that every PDF reader has: they know Western European letters only.

/// How wide each character of ASCII from the space on is in Helvetica, in thousandths of its size.
#[rustfmt::skip]
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// Wide enough for nearly all others.
const OTHERS: u16 = 778;
/// Stands for what had no room.
const ELLIPSIS: u8 = 0x85;

/// The text in the encoding `WinAnsiEncoding`; what it does not know is written with Latin letters: `Łódź` as `Lódz`.
pub fn encoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match (c, u8::try_from(u32::from(c))) {
            ('€', _) => bytes.push(0x80),
            ('…', _) => bytes.push(ELLIPSIS),
            ('‘', _) => bytes.push(0x91),
            ('’', _) => bytes.push(0x92),
            ('“', _) => bytes.push(0x93),
            ('”', _) => bytes.push(0x94),
            ('–', _) => bytes.push(0x96),
            ('—', _) => bytes.push(0x97),
            (_, Ok(byte @ (0x20..=0x7e | 0xa0..=0xff))) => bytes.push(byte),
            _ => {
                let letters = deunicode::deunicode_char(c).unwrap_or("?").bytes();
                bytes.extend(letters.filter(|byte| (0x20..=0x7e).contains(byte)));
            }
        }
    }
    bytes
}

/// How wide encoded text is, in thousandths of the font's size.
fn width(text: &[u8]) -> u32 {
    let of = |byte: &u8| WIDTHS.get(usize::from(byte.wrapping_sub(b' '))).copied().unwrap_or(OTHERS);
    text.iter().map(|byte| u32::from(of(byte))).sum()
}

/// The text in at most `most` lines, each no wider than `room` thousandths of the font's size.
pub fn wrapped(text: &str, room: u32, most: usize) -> Vec<Vec<u8>> {
    let encoded = encoded(text);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut line = Vec::new();
    for word in encoded.split(|byte| *byte == b' ').filter(|word| !word.is_empty()) {
        let fits = line.is_empty() || width(&line) + width(b" ") + width(word) <= room;
        if !fits {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(b' ');
        }
        for byte in word {
            // A word that is wider than a line is broken anywhere.
            if width(&line) + width(&[*byte]) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push(*byte);
        }
    }
    lines.push(line);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && width(last) + width(&[ELLIPSIS]) > room {
                last.pop();
            }
            last.push(ELLIPSIS);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_the_font_lacks_are_written_with_others() {
        assert_eq!(encoded("Żółta Łódź"), b"Z\xf3lta L\xf3dz");
        assert_eq!(encoded("naïve – €5"), b"na\xefve \x96 \x805");
        assert_eq!(encoded("a\0b\nc"), b"abc");
        for text in ["東京 ドーム", "🎷🎫", "Привет", "\u{202e}مرحبا"] {
            let bytes = encoded(text);
            assert!(!bytes.is_empty() && bytes.iter().all(|byte| (0x20..=0x7e).contains(byte)), "{text}: {bytes:?}");
        }
    }

    #[test]
    fn no_line_is_wider_than_there_is_room() {
        for text in ["", "one", &"Night of the Proms ".repeat(20), &"W".repeat(200), "a  b"] {
            let lines = wrapped(text, 10_000, 3);
            assert!((1..=3).contains(&lines.len()), "{text}");
            assert!(lines.iter().all(|line| width(line) <= 10_000), "{text}");
        }
        assert_eq!(wrapped("one two", 10_000, 3), [b"one two"]);
        assert_eq!(wrapped("one two", 2_000, 3), [b"one", b"two"]);
        assert!(wrapped("one two three four", 2_500, 2)[1].ends_with(&[ELLIPSIS]));
    }
}

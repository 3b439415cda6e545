//! As text, by RFC 3339: "2026-12-05T18:30:00.25Z".

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{NoTimestamp, Timestamp, civil::Date};

const DAY: i64 = 86_400;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = Date::of(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        let (sign, width) = if year < 0 { ("-", 6) } else { ("", 4) };
        let (year, hour, minute, second) = (year.abs(), second / 3600, second / 60 % 60, second % 60);
        write!(f, "{sign}{year:0width$}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanoseconds > 0 {
            let fraction = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// A text, read from its front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// One of these.
    fn mark(&mut self, wanted: &[u8]) -> Option<u8> {
        self.next().filter(|byte| wanted.contains(byte))
    }

    /// So many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |sum, _| {
            let digit = self.next().filter(u8::is_ascii_digit)?;
            Some(sum * 10 + i64::from(digit - b'0'))
        })
    }

    /// Two digits, up to the last that there is.
    fn part(&mut self, last: i64) -> Option<i64> {
        self.number(2).filter(|number| *number <= last)
    }

    /// What comes after the point, as nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = if (1..=9).contains(&digits) { self.number(digits)? } else { return None };
        Some(u32::try_from(number).ok()? * 10_u32.pow(9 - u32::try_from(digits).ok()?))
    }

    fn timestamp(&mut self) -> Option<Timestamp> {
        let year = self.number(4)?;
        self.mark(b"-")?;
        let month = self.number(2)?;
        self.mark(b"-")?;
        let days = Date { year, month, day: self.number(2)? }.days()?;
        self.mark(b"Tt ")?;
        let hour = self.part(23)?;
        self.mark(b":")?;
        let minute = self.part(59)?;
        self.mark(b":")?;
        let second = self.part(59)?;
        let mut sign = self.mark(b".Zz+-")?;
        let mut nanoseconds = 0;
        if sign == b'.' {
            nanoseconds = self.fraction()?;
            sign = self.mark(b"Zz+-")?;
        }
        let ahead = match sign {
            b'+' | b'-' => {
                let hours = self.part(25)?;
                self.mark(b":")?;
                (hours * 60 + self.part(59)?) * 60
            }
            _ => 0,
        };
        let ahead = if sign == b'-' { -ahead } else { ahead };
        let seconds = days * DAY + hour * 3600 + minute * 60 + second - ahead;
        Timestamp::new(seconds, nanoseconds).ok().filter(|_| self.0.is_empty())
    }
}

impl FromStr for Timestamp {
    type Err = NoTimestamp;

    fn from_str(text: &str) -> Result<Self, NoTimestamp> {
        Reader(text.as_bytes()).timestamp().ok_or(NoTimestamp)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

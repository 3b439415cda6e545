//! A moment in time for the web app: as much of `jiff::Timestamp` as `shared` and the pages use. Jiff's own parser brings
//! the words of every error it could have, which made a twentieth of the WASM; dates as people read them come from the
//! browser's `Intl` anyway. The tests hold it against jiff, which the services use.

mod civil;
mod text;

use std::fmt;

/// Jiff's first and last second.
const SECONDS: std::ops::RangeInclusive<i64> = -377_705_023_201..=253_402_207_200;

/// A moment in time, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    /// After that second, also before 1970.
    nanoseconds: u32,
}

/// It is no moment in time, or none that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTimestamp;

impl fmt::Display for NoTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no timestamp")
    }
}

impl std::error::Error for NoTimestamp {}

impl Timestamp {
    /// Where counting begins.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanoseconds: 0 };

    fn new(seconds: i64, nanoseconds: u32) -> Result<Self, NoTimestamp> {
        if SECONDS.contains(&seconds) { Ok(Self { seconds, nanoseconds }) } else { Err(NoTimestamp) }
    }

    /// So many seconds after 1970 began.
    pub fn from_second(seconds: i64) -> Result<Self, NoTimestamp> {
        Self::new(seconds, 0)
    }

    /// So many milliseconds after 1970 began.
    pub fn from_millisecond(milliseconds: i64) -> Result<Self, NoTimestamp> {
        let after = u32::try_from(milliseconds.rem_euclid(1000)).map_err(|_| NoTimestamp)?;
        Self::new(milliseconds.div_euclid(1000), after * 1_000_000)
    }

    /// Whole units since 1970 began, of which a second has `per_second`; what is left over counts towards 1970.
    fn whole(self, per_second: u32) -> i64 {
        let unit = 1_000_000_000 / per_second;
        let whole = self.seconds * i64::from(per_second) + i64::from(self.nanoseconds / unit);
        if self.seconds < 0 && !self.nanoseconds.is_multiple_of(unit) { whole + 1 } else { whole }
    }

    /// Whole seconds since 1970 began.
    pub fn as_second(self) -> i64 {
        self.whole(1)
    }

    /// Whole milliseconds since 1970 began.
    pub fn as_millisecond(self) -> i64 {
        self.whole(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments over all of jiff's range, dense around those that matter.
    fn milliseconds() -> impl Iterator<Item = i64> {
        let far = (-62_135_596_800_i64..253_402_207_200).step_by(86_399_987).map(|s| s * 1000 + s.rem_euclid(1000));
        let near = (-1_500..1_500).chain((1_790_000_000_000..1_790_000_100_000).step_by(997));
        let leap = [1_709_164_799_999, 1_709_251_199_999, 951_782_400_000, 4_107_542_400_000];
        far.chain(near).chain(leap)
    }

    #[test]
    fn it_reads_and_writes_as_jiff_does() {
        for millisecond in milliseconds() {
            let theirs = jiff::Timestamp::from_millisecond(millisecond).expect("a moment");
            let ours = Timestamp::from_millisecond(millisecond).expect("a moment");
            assert_eq!(ours.to_string(), theirs.to_string());
            assert_eq!(theirs.to_string().parse(), Ok(ours));
            assert_eq!((ours.as_second(), ours.as_millisecond()), (theirs.as_second(), theirs.as_millisecond()));
        }
    }

    #[test]
    fn it_understands_what_jiff_understands() {
        for text in [
            "2026-12-05T19:30:00Z",
            "2026-12-05T19:30:00.5Z",
            "2026-12-05t19:30:00.123456789z",
            "2026-12-05T19:30:00+01:00",
            "2026-12-05 19:30:00-05:30",
            "2024-02-29T00:00:00Z",
            "0001-01-01T00:00:00Z",
        ] {
            let theirs: jiff::Timestamp = text.parse().expect(text);
            assert_eq!(text.parse::<Timestamp>().expect(text).to_string(), theirs.to_string(), "{text}");
        }
        for text in [
            "",
            "2026-12-05",
            "2026-12-05T19:30:00",
            "2026-13-05T19:30:00Z",
            "2026-00-05T19:30:00Z",
            "2026-02-29T19:30:00Z",
            "2026-12-05T24:00:00Z",
            "2026-12-05T19:60:00Z",
            "2026-12-05T19:30:00.Z",
            "2026-12-05T19:30:00.1234567891Z",
            "2026-12-05T19:30:00Zulu",
            "2026-12-05T19:30:00+99:00",
            "2026-1a-05T19:30:00Z",
            "２０２６-12-05T19:30:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert!(text.parse::<jiff::Timestamp>().is_err(), "{text}");
            assert_eq!(text.parse::<Timestamp>(), Err(NoTimestamp), "{text}");
        }
    }

    #[test]
    fn it_ends_where_jiff_ends() {
        for seconds in [*SECONDS.start(), *SECONDS.end()] {
            assert!(jiff::Timestamp::from_second(seconds).is_ok() && Timestamp::from_second(seconds).is_ok());
        }
        for seconds in [*SECONDS.start() - 1, *SECONDS.end() + 1] {
            assert!(jiff::Timestamp::from_second(seconds).is_err() && Timestamp::from_second(seconds).is_err());
        }
    }

    #[test]
    fn in_json_it_is_a_text() {
        let moment = Timestamp::from_second(1_800_000_000).expect("a moment");
        let text = serde_json::to_string(&moment).expect("JSON");
        assert_eq!(text, "\"2027-01-15T08:00:00Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).expect("a moment"), moment);
        assert!(serde_json::from_str::<Timestamp>("1800000000").is_err());
    }
}

//! The Gregorian calendar. Years are counted from March, so that the leap day is the last of its year.

/// Days in 400 years.
const ERA: i64 = 146_097;
/// From the March that years are counted from to 1970.
const EPOCH: i64 = 719_468;

/// A day by its year, month and day of the month.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

impl Date {
    /// Days since 1970 began; nothing where the calendar has no such day.
    pub fn days(self) -> Option<i64> {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let days = era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
        // A day that is not there comes out as another one.
        (Self::of(days) == self).then_some(days)
    }

    /// The day so many days after 1970 began.
    pub fn of(days: i64) -> Self {
        let days = days + EPOCH;
        let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self { year: era * 400 + year + i64::from(month <= 2), month, day }
    }
}

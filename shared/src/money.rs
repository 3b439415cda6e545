//! Money: whole minor units with their currency. No floats.

use std::fmt;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

/// An amount in the minor unit of its ISO 4217 currency: `{"amount": 4500, "currency": "USD"}` is 45 dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units, such as cents.
    pub amount: i64,
    /// ISO 4217 code.
    #[cfg_attr(feature = "server", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Whether nothing is to be paid.
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// This amount `quantity` times; `None` where it would not fit.
    pub fn times(self, quantity: u32) -> Option<Self> {
        let amount = self.amount.checked_mul(i64::from(quantity))?;
        Some(Self { amount, ..self })
    }

    /// The sum; `None` where the currencies differ or it would not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let amount = self.amount.checked_add(other.amount)?;
        Some(Self { amount, ..self })
    }

    /// How many decimal places the currency's major unit has: 2 for USD, 0 for JPY.
    pub fn decimals(self) -> usize {
        self.currency.exponent().map_or(0, usize::from)
    }
}

impl fmt::Display for Money {
    /// Symbol and major units, such as `$45.00` or `¥900`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.decimals();
        let sign = if self.amount < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.amount.unsigned_abs(), width = decimals + 1);
        let (major, minor) = digits.split_at(digits.len() - decimals);
        let symbol = self.currency.symbol();
        write!(f, "{sign}{symbol}{major}")?;
        if decimals > 0 {
            write!(f, ".{minor}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_shows_the_decimals_of_its_currency() {
        assert_eq!(Money::new(4500, Currency::USD).to_string(), "$45.00");
        assert_eq!(Money::new(5, Currency::EUR).to_string(), "€0.05");
        assert_eq!(Money::new(900, Currency::JPY).to_string(), "¥900");
        assert_eq!(Money::new(-150, Currency::USD).to_string(), "-$1.50");
    }

    #[test]
    fn amounts_of_two_currencies_do_not_add_up() {
        assert_eq!(Money::new(1, Currency::USD).plus(Money::new(1, Currency::EUR)), None);
    }

    #[test]
    fn an_amount_that_does_not_fit_is_none() {
        assert_eq!(Money::new(i64::MAX, Currency::USD).times(2), None);
        assert_eq!(Money::new(i64::MAX, Currency::USD).plus(Money::new(1, Currency::USD)), None);
    }
}

//! Dates, times and money as people read them, by the browser's own `Intl`: no tables of our own.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use shared::{Currency, Money, Timestamp};
use wasm_bindgen::{JsCast, JsValue};

/// Where a zone is not known to the browser.
const FALLBACK_ZONE: &str = "UTC";

/// The browser's language if it is a kind of English, as the pages are; else plain English, so that month names
/// and sentences speak one language.
fn locales() -> Array {
    let own = leptos::prelude::window().navigator().language().filter(|l| l.starts_with("en"));
    Array::of1(&own.as_deref().unwrap_or("en").into())
}

fn options(pairs: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in pairs {
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options
}

/// A formatter for `zone`; one that `Intl` doesn't know throws there, so it is made by `Reflect`, which catches.
fn formatter(locales: &Array, zone: &str, pairs: &[(&str, &str)]) -> Option<Intl::DateTimeFormat> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let class: Function = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let make = |zone: &str| {
        let options = options(pairs);
        let _ = Reflect::set(&options, &"timeZone".into(), &zone.into());
        Reflect::construct(&class, &Array::of2(locales, &options)).ok()
    };
    Some(make(zone).or_else(|| make(FALLBACK_ZONE))?.unchecked_into())
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of any calendar date fit a double exactly")]
fn js_date(time: Timestamp) -> Date {
    Date::new(&JsValue::from_f64(time.as_millisecond() as f64))
}

fn show(time: Timestamp, zone: &str, pairs: &[(&str, &str)]) -> String {
    formatter(&locales(), zone, pairs)
        .and_then(|f| f.format().call1(&f, &js_date(time)).ok())
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| time.to_string())
}

/// "Fri, 5 Dec, 19:30".
pub fn short_date_time(time: Timestamp, zone: &str) -> String {
    let pairs =
        [("weekday", "short"), ("day", "numeric"), ("month", "short"), ("hour", "numeric"), ("minute", "2-digit")];
    show(time, zone, &pairs)
}

/// "5 December 2026 at 19:30 CET": with the zone's name.
pub fn full_date_time(time: Timestamp, zone: &str) -> String {
    let pairs = [
        ("day", "numeric"),
        ("month", "long"),
        ("year", "numeric"),
        ("hour", "numeric"),
        ("minute", "2-digit"),
        ("timeZoneName", "short"),
    ];
    show(time, zone, &pairs)
}

/// "10:34" on the clocks where the browser is.
pub fn time_of_day(time: Timestamp) -> String {
    show(time, &own_zone(), &[("hour", "numeric"), ("minute", "2-digit")])
}

/// "DEC" and "5": what a calendar leaf shows.
pub fn calendar_leaf(time: Timestamp, zone: &str) -> (String, String) {
    (show(time, zone, &[("month", "short")]), show(time, zone, &[("day", "numeric")]))
}

/// "Friday 5 December 2026, 19:30 – 23:00": from when to when, on as few days as it needs.
pub fn span(from: Timestamp, to: Timestamp, zone: &str) -> String {
    let pairs = [
        ("weekday", "long"),
        ("day", "numeric"),
        ("month", "long"),
        ("year", "numeric"),
        ("hour", "numeric"),
        ("minute", "2-digit"),
    ];
    formatter(&locales(), zone, &pairs)
        .and_then(|f| f.format_range(&js_date(from), &js_date(to)).ok())
        .map_or_else(|| full_date_time(from, zone), String::from)
}

/// "CET", or "GMT+1" where the zone has no such name.
pub fn zone_name(time: Timestamp, zone: &str) -> String {
    formatter(&locales(), zone, &[("timeZoneName", "short")])
        .and_then(|f| part(&f.format_to_parts(&js_date(time)), "timeZoneName"))
        .unwrap_or_else(|| zone.to_owned())
}

fn part(parts: &Array, kind: &str) -> Option<String> {
    parts
        .iter()
        .find(|p| Reflect::get(p, &"type".into()).ok().and_then(|t| t.as_string()).as_deref() == Some(kind))
        .and_then(|p| Reflect::get(&p, &"value".into()).ok()?.as_string())
}

#[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53")]
fn show_money(money: Money, trailing_zeros: &str) -> String {
    let decimals = i32::try_from(money.decimals()).unwrap_or_default();
    let major = money.amount as f64 / 10_f64.powi(decimals);
    let pairs = [("style", "currency"), ("currency", money.currency.code()), ("trailingZeroDisplay", trailing_zeros)];
    let formatter = Intl::NumberFormat::new(&locales(), &options(&pairs));
    let text = formatter.format().call1(&formatter, &JsValue::from_f64(major));
    text.ok().and_then(|t| t.as_string()).unwrap_or_else(|| format!("{major} {}", money.currency.code()))
}

/// "$45.00": every decimal, for sums.
pub fn money(money: Money) -> String {
    show_money(money, "auto")
}

/// "$45.00" or "Free": for what was ordered.
pub fn total(total: Money) -> String {
    if total.is_zero() { "Free".to_owned() } else { money(total) }
}

/// "$45", "$45.50" or "Free": for price tags.
pub fn price(money: Money) -> String {
    if money.is_zero() { "Free".to_owned() } else { show_money(money, "stripIfInteger") }
}

/// "1,234".
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Minor units as one types them: `4500` US dollars is "45.00".
pub fn typed_amount(money: Money) -> String {
    let decimals = money.decimals();
    let digits = format!("{:0width$}", money.amount.max(0), width = decimals + 1);
    let (major, minor) = digits.split_at(digits.len() - decimals);
    if minor.chars().all(|c| c == '0') { major.to_owned() } else { format!("{major}.{minor}") }
}

/// Reads "45", "45.5" or "45,50" as money; `None` where it is no amount of that currency.
pub fn read_amount(text: &str, currency: Currency) -> Option<Money> {
    let decimals = Money::new(0, currency).decimals();
    let text = text.trim().replace(',', ".");
    let (major, minor) = text.split_once('.').unwrap_or((&text, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if major.is_empty() || minor.len() > decimals || !plain(major) || !plain(minor) {
        return None;
    }
    format!("{major}{minor:0<decimals$}").parse().ok().map(|amount| Money::new(amount, currency))
}

/// The zone that the browser is in.
pub fn own_zone() -> String {
    let resolved = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&resolved, &"timeZone".into())
        .ok()
        .and_then(|z| z.as_string())
        .unwrap_or_else(|| FALLBACK_ZONE.to_owned())
}

/// Every IANA zone that the browser knows.
pub fn zones() -> Vec<String> {
    let listed = Reflect::get(&js_sys::global(), &"Intl".into())
        .and_then(|intl| Reflect::get(&intl, &"supportedValuesOf".into()))
        .ok()
        .and_then(|f| f.dyn_into::<Function>().ok())
        .and_then(|f| f.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok());
    let mut zones: Vec<String> =
        listed.map(|l| Array::from(&l).iter().filter_map(|z| z.as_string()).collect()).unwrap_or_default();
    zones.extend([own_zone(), FALLBACK_ZONE.to_owned()]);
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// "2026-12-05T19:30" on the clocks of `zone`: what `<input type="datetime-local">` holds.
pub fn local_input(time: Timestamp, zone: &str) -> String {
    let pairs = [
        ("year", "numeric"),
        ("month", "2-digit"),
        ("day", "2-digit"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("hourCycle", "h23"),
    ];
    let Some(formatter) = formatter(&Array::of1(&"en".into()), zone, &pairs) else { return String::new() };
    let parts = formatter.format_to_parts(&js_date(time));
    let get = |kind| part(&parts, kind).unwrap_or_default();
    format!("{:0>4}-{}-{}T{}:{}", get("year"), get("month"), get("day"), get("hour"), get("minute"))
}

/// The moment when the clocks of `zone` show `local`; `None` where that is no date and time.
///
/// `Intl` only converts the other way. So guess, see how far off the zone's clocks are then, and correct; a second
/// round settles guesses on the other side of a clock change.
pub fn from_local_input(local: &str, zone: &str) -> Option<Timestamp> {
    let as_utc = |local: &str| -> Option<Timestamp> { format!("{}:00Z", local.get(..16)?).parse().ok() };
    let wanted = as_utc(local)?;
    let mut guess = wanted;
    for _ in 0..2 {
        let shown = as_utc(&local_input(guess, zone))?;
        let off = shown.as_millisecond() - wanted.as_millisecond();
        guess = Timestamp::from_millisecond(guess.as_millisecond() - off).ok()?;
    }
    Some(guess)
}

/// A calendar day such as "2026-12-05", as the moment when it begins where the browser is.
pub fn day_begins(day: &str) -> Option<Timestamp> {
    from_local_input(&format!("{day}T00:00"), &own_zone())
}

/// "9:05": minutes and seconds of a countdown.
pub fn countdown(seconds: i64) -> String {
    let seconds = seconds.max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_in_the_decimals_of_its_currency() {
        let read = |text, currency| read_amount(text, currency).map(|m| m.amount);
        assert_eq!(read("45", Currency::USD), Some(4500));
        assert_eq!(read("45.5", Currency::USD), Some(4550));
        assert_eq!(read(" 45,50 ", Currency::EUR), Some(4550));
        assert_eq!(read("900", Currency::JPY), Some(900));
        for bad in ["", "-1", "1.234", "1e3", "abc", "."] {
            assert_eq!(read(bad, Currency::USD), None, "{bad}");
        }
        assert_eq!(read("1.5", Currency::JPY), None);
    }

    #[test]
    fn what_is_typed_is_what_was_read() {
        for amount in [0, 5, 4500, 4550, 123_456] {
            let money = Money::new(amount, Currency::USD);
            assert_eq!(read_amount(&typed_amount(money), Currency::USD), Some(money));
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn a_countdown_never_shows_less_than_nothing() {
        assert_eq!(countdown(545), "9:05");
        assert_eq!(countdown(-3), "0:00");
    }
}

//! An event for a calendar: RFC 5545.

use jiff::Timestamp;
use shared::ticket::{EventSnapshot, Order};

/// How many bytes a line may have, its end not counted.
const LINE: usize = 75;

/// The event of an order. Taken over twice it is one entry, with what was taken over last.
pub fn event(order: &Order, event: &EventSnapshot) -> String {
    let venue = &event.venue;
    let place = [&venue.name, &venue.address, &venue.city].map(String::as_str);
    let place = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Ticketer//Tickets//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@ticketer", order.id),
        format!("DTSTAMP:{}", utc(order.server_time)),
        format!("DTSTART:{}", utc(event.starts_at)),
        format!("DTEND:{}", utc(event.ends_at)),
        format!("SUMMARY:{}", escaped(&event.title)),
        format!("LOCATION:{}", escaped(&place)),
        format!("DESCRIPTION:{}", escaped(&format!("Booking {}", order.booking_reference))),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

fn utc(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A line in pieces of at most [`LINE`] bytes, none of which ends within a character.
fn folded(line: &str) -> String {
    let (mut folded, mut rest, mut room) = (String::new(), line, LINE);
    while rest.len() > room {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(room));
        folded.push_str(piece);
        folded.push_str("\r\n ");
        // The space counts.
        (rest, room) = (more, LINE - 1);
    }
    folded + rest + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_between_characters() {
        let line = format!("SUMMARY:{}", "żółw 🐢 ".repeat(30));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|piece| piece.len() <= LINE), "{folded}");
        assert_eq!(folded.replace("\r\n ", ""), format!("{line}\r\n"));
        assert_eq!(super::folded("VERSION:2.0"), "VERSION:2.0\r\n");
    }

    #[test]
    fn what_means_something_to_calendars_is_escaped() {
        assert_eq!(escaped("a,b;c\\d\r\ne"), "a\\,b\\;c\\\\d\\ne");
        assert_eq!(escaped("x\nBEGIN:VEVENT"), "x\\nBEGIN:VEVENT");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(utc("2027-06-01T18:00:00.5Z".parse().expect("a time")), "20270601T180000Z");
    }
}

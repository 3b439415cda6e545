//! Tickets to print, or to show on a phone: an A5 page each.

use jiff::{Timestamp, tz::TimeZone};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use qrcode::{Color, EcLevel, QrCode};
use shared::ticket::{EventSnapshot, Order, Ticket};

use super::text;

const WIDTH: f32 = 420.0;
const HEIGHT: f32 = 595.0;
const MARGIN: f32 = 36.0;
/// The side of the QR code.
const CODE: f32 = 250.0;
/// Bold letters are up to so much wider than plain ones.
const BOLD: f32 = 1.1;

const PLAIN: Name = Name(b"Plain");
const STRONG: Name = Name(b"Bold");

/// The tickets of an order to `event`.
pub fn tickets(order: &Order, event: &EventSnapshot) -> Vec<u8> {
    let mut next = 0;
    let mut reference = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, info) = (reference(), reference(), reference());
    let (plain, strong) = (reference(), reference());
    let pages: Vec<(Ref, Ref)> = order.issued.iter().map(|_| (reference(), reference())).collect();

    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.document_info(info).title(TextStr(&event.title)).creator(TextStr("Ticketer"));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(pages.iter().map(|(page, _)| *page)).count(count);
    for (ticket, (page, content)) in order.issued.iter().zip(pages) {
        let mut written = pdf.page(page);
        written.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content);
        let mut resources = written.resources();
        resources.fonts().pair(PLAIN, plain).pair(STRONG, strong);
        resources.finish();
        written.finish();
        pdf.stream(content, &face(order, event, ticket));
    }
    for (font, base) in [(plain, "Helvetica"), (strong, "Helvetica-Bold")] {
        pdf.type1_font(font).base_font(Name(base.as_bytes())).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.finish()
}

/// What stands on a ticket.
fn face(order: &Order, event: &EventSnapshot, ticket: &Ticket) -> Vec<u8> {
    let mut page = Page { content: Content::new(), y: HEIGHT - MARGIN };
    let (venue, holder) = (&event.venue, &order.customer_info);
    page.lines(&event.title, STRONG, 18.0, 3);
    page.gap(4.0);
    page.lines(&local(event.starts_at, &event.time_zone), PLAIN, 12.0, 1);
    page.lines(&format!("{}, {}, {}", venue.name, venue.address, venue.city), PLAIN, 12.0, 2);
    page.gap(10.0);
    page.lines(&ticket.ticket_type_name, STRONG, 14.0, 2);
    page.lines(&format!("{} {}", holder.first_name, holder.last_name), PLAIN, 12.0, 1);
    page.lines(&format!("Booking {}", order.booking_reference), PLAIN, 10.0, 1);
    page.lines(&format!("Ticket {}", ticket.code), PLAIN, 10.0, 1);
    page.code(&ticket.qr);
    page.content.finish().into_vec()
}

/// The date and time where the event takes place.
fn local(time: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    time.to_zoned(zone).strftime("%A, %-d %B %Y, %H:%M (%Z)").to_string()
}

/// A page, written from top to bottom.
struct Page {
    content: Content,
    y: f32,
}

impl Page {
    fn gap(&mut self, height: f32) {
        self.y -= height;
    }

    /// Text in at most `most` lines.
    fn lines(&mut self, text: &str, font: Name, size: f32, most: usize) {
        let wider = if font == STRONG { BOLD } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some ten thousand")]
        let room = ((WIDTH - 2.0 * MARGIN) / size / wider * 1000.0) as u32;
        for line in text::wrapped(text, room, most) {
            self.y -= size * 1.3;
            self.content.begin_text().set_font(font, size).next_line(MARGIN, self.y).show(Str(&line)).end_text();
        }
    }

    /// A QR code at the foot of the page.
    fn code(&mut self, text: &str) {
        // A ticket says some 240 letters at the most; a code has room for ten times that.
        let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return };
        let side = u16::try_from(code.width()).unwrap_or(u16::MAX);
        let dot = CODE / f32::from(side);
        let left = (WIDTH - CODE) / 2.0;
        let colors = code.into_colors();
        for (row, y) in colors.chunks(usize::from(side)).zip(0_u16..) {
            let mut x = 0_u16;
            // Neighbours are one bar: dots would be seen apart at some scales.
            for bar in row.chunk_by(|a, b| a == b) {
                let length = u16::try_from(bar.len()).unwrap_or(u16::MAX);
                if bar[0] == Color::Dark {
                    let (top, wide) = (MARGIN + CODE - f32::from(y + 1) * dot, f32::from(length) * dot);
                    self.content.rect(left + f32::from(x) * dot, top, wide, dot);
                }
                x += length;
            }
        }
        self.content.fill_nonzero();
    }
}

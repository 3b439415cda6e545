//! Pictures of events. One without a picture gets a drawn one: its category gives the motif, its title the rest,
//! so that it looks the same each time.

use std::fmt::Write;

use leptos::prelude::*;
use shared::event::Category;

use super::dynamic::part;

/// Ground, motif and accent.
const PALETTES: [[&str; 3]; 8] = [
    ["#0f5b4b", "#2f8a72", "#f3c66b"],
    ["#22305c", "#4a5fa5", "#f3936a"],
    ["#66284b", "#a2507a", "#f4c3a5"],
    ["#a34a24", "#d3793f", "#ffe0ab"],
    ["#1b4a66", "#3c83a3", "#f2e3b5"],
    ["#38365a", "#6b679f", "#f2c14e"],
    ["#2c4a2a", "#5c8451", "#e3dc84"],
    ["#5a1f22", "#9c413c", "#f0b98d"],
];

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;

/// A small generator (xorshift32): the same seed gives the same picture.
struct Dice(u32);

impl Dice {
    /// From a text, by FNV-1a.
    fn of(text: &str) -> Self {
        Self(text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) | 1)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) % bound
    }
}

/// The drawn cover of an event without a picture.
pub fn drawing(category: Category, title: &str) -> String {
    let mut dice = Dice::of(title);
    let [ground, motif, accent] = PALETTES[dice.below(8) as usize];
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='xMidYMid slice' \
         class='block size-full' aria-hidden='true'><rect width='{WIDTH}' height='{HEIGHT}' fill='{ground}'/>"
    );
    // Writing to a string can't fail.
    let _ = match category {
        Category::Concert => rings(&mut svg, &mut dice, motif, accent),
        Category::Conference => dots(&mut svg, &mut dice, motif, accent),
        Category::Workshop => tiles(&mut svg, &mut dice, motif, accent),
        Category::Sports => lanes(&mut svg, &mut dice, motif, accent),
        Category::Theater => curtain(&mut svg, &mut dice, motif, accent),
        Category::Other => confetti(&mut svg, &mut dice, motif, accent),
    };
    svg.push_str("</svg>");
    svg
}

fn rings(svg: &mut String, dice: &mut Dice, motif: &str, accent: &str) -> std::fmt::Result {
    let (x, y) = (120 + dice.below(400), 60 + dice.below(160));
    for ring in (1..=11).rev() {
        let colour = if ring == 3 { accent } else { motif };
        let width = 4 + dice.below(9);
        write!(
            svg,
            "<circle cx='{x}' cy='{y}' r='{}' fill='none' stroke='{colour}' stroke-width='{width}'/>",
            ring * 34
        )?;
    }
    for bar in 0..32 {
        let height = 12 + dice.below(90);
        write!(
            svg,
            "<rect x='{}' y='{}' width='9' height='{height}' fill='{accent}' rx='4'/>",
            bar * 20 + 5,
            HEIGHT - height
        )?;
    }
    Ok(())
}

fn dots(svg: &mut String, dice: &mut Dice, motif: &str, accent: &str) -> std::fmt::Result {
    let (cx, cy) = (dice.below(16), dice.below(9));
    for row in 0..9_u32 {
        for column in 0..16_u32 {
            let far = column.abs_diff(cx) + row.abs_diff(cy);
            let radius = 16_u32.saturating_sub(far).max(3);
            let colour = if far < 3 || dice.below(17) == 0 { accent } else { motif };
            write!(svg, "<circle cx='{}' cy='{}' r='{radius}' fill='{colour}'/>", column * 40 + 20, row * 40 + 20)?;
        }
    }
    Ok(())
}

fn tiles(svg: &mut String, dice: &mut Dice, motif: &str, accent: &str) -> std::fmt::Result {
    for row in 0..5 {
        for column in 0..8 {
            let (x, y) = (column * 80, row * 80 - 20);
            let colour = if dice.below(4) == 0 { accent } else { motif };
            let path = match dice.below(6) {
                0 => format!("M{x} {y}h80a80 80 0 0 1-80 80z"),
                1 => format!("M{x} {}a80 80 0 0 1 80-80v80z", y + 80),
                2 => format!("M{x} {y}h80v80z"),
                3 => format!("M{x} {}a40 40 0 1 1 80 0z", y + 40),
                4 => format!("M{} {}h40v40h-40z", x + 20, y + 20),
                _ => continue,
            };
            write!(svg, "<path d='{path}' fill='{colour}'/>")?;
        }
    }
    Ok(())
}

fn lanes(svg: &mut String, dice: &mut Dice, motif: &str, accent: &str) -> std::fmt::Result {
    let start = dice.below(60);
    for lane in 0..16 {
        let width = 6 + dice.below(30);
        let x = start + lane * 62;
        write!(svg, "<path d='M{x} -10 L{} 370' stroke='{motif}' stroke-width='{width}'/>", i64::from(x) - 260)?;
    }
    let (x, y) = (160 + dice.below(320), 110 + dice.below(140));
    write!(
        svg,
        "<circle cx='{x}' cy='{y}' r='74' fill='{accent}'/><circle cx='{x}' cy='{y}' r='104' fill='none' \
         stroke='{accent}' stroke-width='5'/>"
    )
}

fn curtain(svg: &mut String, dice: &mut Dice, motif: &str, accent: &str) -> std::fmt::Result {
    let light = 180 + dice.below(280);
    write!(svg, "<path d='M{light} -20 L{} 360 H{} Z' fill='{accent}' opacity='.9'/>", light + 150, light - 150)?;
    write!(svg, "<ellipse cx='{light}' cy='352' rx='210' ry='34' fill='{accent}'/>")?;
    for fold in 0..5 {
        let reach = 210 - fold * 42 + dice.below(18);
        let low = 330 - fold * 24;
        let shade = if fold % 2 == 0 { "1" } else { ".72" };
        for (edge, side) in [(0, 1_i64), (i64::from(WIDTH), -1)] {
            let reach = i64::from(reach) * side;
            write!(
                svg,
                "<path d='M{edge} 0h{reach}C{} 140 {} 240 {edge} {low}Z' fill='{motif}' opacity='{shade}'/>",
                edge + reach,
                edge + reach / 3
            )?;
        }
    }
    Ok(())
}

fn confetti(svg: &mut String, dice: &mut Dice, motif: &str, accent: &str) -> std::fmt::Result {
    for piece in 0..64 {
        let (x, y) = (dice.below(WIDTH), dice.below(HEIGHT));
        let size = 8 + dice.below(34);
        let colour = if piece % 3 == 0 { accent } else { motif };
        match dice.below(3) {
            0 => write!(svg, "<circle cx='{x}' cy='{y}' r='{}' fill='{colour}'/>", size / 2)?,
            1 => {
                let turn = dice.below(90);
                write!(
                    svg,
                    "<rect x='{x}' y='{y}' width='{size}' height='8' rx='4' fill='{colour}' transform='rotate({turn} {x} {y})'/>"
                )?;
            }
            _ => write!(
                svg,
                "<path d='M{x} {y}a{size} {size} 0 0 1 {size} {size}' fill='none' stroke='{colour}' stroke-width='7' stroke-linecap='round'/>"
            )?,
        }
    }
    Ok(())
}

/// An event's picture, or a drawn one where it has none or it can't be shown. It adds nothing to what is said beside it.
#[component]
pub fn Cover(
    /// The picture's address.
    image: Option<String>,
    /// Gives the motif; old orders don't know theirs.
    #[prop(into)]
    category: Option<Category>,
    /// Gives the colours.
    title: String,
    /// Its size.
    #[prop(default = "aspect-[16/9] w-full")]
    class: &'static str,
) -> impl IntoView {
    let broken = RwSignal::new(false);
    let drawn = drawing(category.unwrap_or(Category::Other), &title);
    view! {
        <div class=format!("overflow-hidden bg-sunken {class}")>
            {part(move || match image.clone().filter(|_| !broken.get()) {
                Some(src) => {
                    view! {
                        <img src=src alt="" loading="lazy" class="block size-full object-cover" on:error=move |_| broken.set(true) />
                    }
                        .into_any()
                }
                None => view! { <div class="size-full" inner_html=drawn.clone()></div> }.into_any(),
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_looks_the_same_each_time() {
        for category in Category::ALL {
            assert_eq!(drawing(category, "Jazz Night"), drawing(category, "Jazz Night"));
        }
    }

    #[test]
    fn another_title_looks_different() {
        assert_ne!(drawing(Category::Concert, "Jazz Night"), drawing(Category::Concert, "Folk Night"));
    }

    #[test]
    fn a_title_never_gets_into_the_markup() {
        assert!(!drawing(Category::Other, "<script>alert(1)</script>").contains("script"));
    }
}

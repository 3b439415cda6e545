//! A small set of line icons, 24 units square.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Alert,
    Calendar,
    Card,
    Check,
    Clock,
    Close,
    Info,
    Lock,
    Logo,
    Menu,
    Minus,
    Moon,
    Offline,
    Pencil,
    Pin,
    Plus,
    Search,
    Sun,
    Ticket,
    Trash,
    User,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Alert => {
                "M12 9v4.5M12 17h.01M10.3 4 2.6 17.4A2 2 0 0 0 4.3 20.4h15.4a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z"
            }
            Self::Calendar => {
                "M8 3v4M16 3v4M4 10h16M6 5h12a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z"
            }
            Self::Card => {
                "M4.5 5.5h15a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM2.5 10h19M6.5 15h3"
            }
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Clock => "M12 7.5V12l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Info => "M12 11v5.5M12 7.5h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
            Self::Lock => {
                "M7.5 11V8a4.5 4.5 0 0 1 9 0v3M6.5 11h11a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5v-6A1.5 1.5 0 0 1 6.5 11Z"
            }
            Self::Logo => "",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::Minus => "M6 12h12",
            Self::Moon => "M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z",
            Self::Offline => {
                "M4 4l16 16M8.6 15.4a5 5 0 0 1 6.2-.6M5.2 12a9.8 9.8 0 0 1 4.3-2.5M2.5 8.6A14.5 14.5 0 0 1 6 6.3M13 9.2A9.8 9.8 0 0 1 18.8 12M11 5.1a14.5 14.5 0 0 1 10.5 3.5M12 19h.01"
            }
            Self::Pencil => "M4 20l.9-4L16.2 4.7a1.8 1.8 0 0 1 2.6 0l.5.5a1.8 1.8 0 0 1 0 2.6L8 19.1 4 20ZM14 7l3 3",
            Self::Pin => {
                "M12 21s7-6.2 7-11.5a7 7 0 1 0-14 0C5 14.8 12 21 12 21ZM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"
            }
            Self::Plus => "M12 6v12M6 12h12",
            Self::Search => "M20 20l-4.3-4.3M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
            Self::Sun => {
                "M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z"
            }
            Self::Ticket => {
                "M4 6h16a1.5 1.5 0 0 1 1.5 1.5v2a2.5 2.5 0 0 0 0 5v2A1.5 1.5 0 0 1 20 18H4a1.5 1.5 0 0 1-1.5-1.5v-2a2.5 2.5 0 0 0 0-5v-2A1.5 1.5 0 0 1 4 6ZM14.5 6.5v2M14.5 11v2M14.5 15.5v2"
            }
            Self::Trash => {
                "M4.5 7h15M9.5 7V5a1 1 0 0 1 1-1h3a1 1 0 0 1 1 1v2M6.5 7l.8 11.6A1.5 1.5 0 0 0 8.8 20h6.4a1.5 1.5 0 0 0 1.5-1.4L17.5 7M10.5 11v5M13.5 11v5"
            }
            Self::User => "M4.5 20a7.5 7.5 0 0 1 15 0M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
        }
    }
}

/// An icon; the text beside it says what it means.
#[component]
pub fn Icon(
    /// Which one.
    glyph: Glyph,
    /// Its size and colour.
    #[prop(default = "size-5")]
    class: &'static str,
) -> impl IntoView {
    if glyph == Glyph::Logo {
        return view! {
            <svg viewBox="0 0 32 32" class=class aria-hidden="true">
                <path
                    fill="currentColor"
                    d="M4 7h24a2 2 0 0 1 2 2v3.2a4 4 0 0 0 0 7.6V23a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2v-3.2a4 4 0 0 0 0-7.6V9a2 2 0 0 1 2-2Z"
                />
                <path stroke="var(--canvas)" stroke-width="2" stroke-dasharray="2.4 2.4" d="M20 9.5v13" />
            </svg>
        }
        .into_any();
    }
    view! {
        <svg
            viewBox="0 0 24 24"
            class=format!("shrink-0 {class}")
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=glyph.path() />
        </svg>
    }
    .into_any()
}

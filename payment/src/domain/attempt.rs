//! The life of an attempt to pay, and what to do next at each point of it.
//!
//! ```text
//!  created ──▶ pinned ──▶ intent ──▶ confirming ──▶ captured ──▶ completed
//!     │           │          │            │             ▲
//!     ▼           └──────────┴──▶ voiding ◀┘─────────────┘ (the money had moved before it could be cancelled)
//!  refused                          │
//!                                   ▼
//!                                 voided
//! ```

use serde::{Deserialize, Serialize};
use shared::payment::PaymentStatus;

/// How far an attempt has come: what is known for certain, because it was written down before going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Written down; ticket may have been asked to keep the seats.
    Created,
    /// The order is `paying` with this attempt, and the amount is known.
    Pinned,
    /// The provider's intent is known; it was not told to take the money.
    Intent,
    /// The provider may have been told to take the money.
    Confirming,
    /// The money has moved; ticket may not know yet.
    Captured,
    /// The money has moved and the tickets are issued.
    Completed,
    /// The attempt is given up; the money may still have moved, and the order is still `paying`.
    Voiding,
    /// No money has moved, none will, and the order does not wait for it.
    Voided,
    /// Ticket refused to let the order be paid.
    Refused,
}

impl State {
    /// Those where something is left to do.
    pub const UNSETTLED: [Self; 6] =
        [Self::Created, Self::Pinned, Self::Intent, Self::Confirming, Self::Captured, Self::Voiding];

    /// The word in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pinned => "pinned",
            Self::Intent => "intent",
            Self::Confirming => "confirming",
            Self::Captured => "captured",
            Self::Completed => "completed",
            Self::Voiding => "voiding",
            Self::Voided => "voided",
            Self::Refused => "refused",
        }
    }

    /// Whether nothing is left to do.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Completed | Self::Voided | Self::Refused)
    }

    /// Whether the order cannot be paid by another attempt: this one has its money, or may yet get it.
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Voided | Self::Refused)
    }

    /// What the buyer is told.
    pub const fn status(self) -> PaymentStatus {
        match self {
            Self::Created | Self::Pinned | Self::Intent => PaymentStatus::Pending,
            Self::Confirming | Self::Captured | Self::Voiding => PaymentStatus::Processing,
            Self::Completed => PaymentStatus::Completed,
            Self::Voided | Self::Refused => PaymentStatus::Failed,
        }
    }
}

/// What the provider says of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    /// No money was asked for.
    RequiresConfirmation,
    /// The provider is at work.
    Processing,
    /// The money has moved.
    Succeeded,
    /// Declined; the intent would take another card.
    RequiresPaymentMethod,
    /// Final: no money will ever move.
    Cancelled,
}

impl IntentStatus {
    /// The word in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresConfirmation => "requires_confirmation",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::Cancelled => "cancelled",
        }
    }
}

/// All that decides what is done next.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// How far the attempt has come.
    pub state: State,
    /// Whether the provider's name for the intent was written down.
    pub intent_stored: bool,
    /// What the provider said last, in this run. `None` is *unknown*, which is never taken for anything else.
    pub provider: Option<IntentStatus>,
    /// Whether the card, or what stands for it, is still at hand: after a crash it is gone.
    pub source: bool,
    /// Whether the attempt is older than it may become.
    pub overdue: bool,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask ticket to let the order be paid by this attempt, and learn the amount.
    Pin,
    /// Ask the provider for an intent.
    CreateIntent,
    /// Write down the intent's name.
    StoreIntent,
    /// Write down that the provider is about to be told to take the money.
    BeginConfirming,
    /// Tell the provider to take the money.
    Confirm,
    /// Ask the provider what became of it.
    Retrieve,
    /// Write down that the money has moved.
    Capture,
    /// Tell ticket to issue the tickets.
    ConfirmOrder,
    /// Write down that the attempt is given up.
    GiveUp,
    /// Ask the provider to make sure that no money will move.
    Cancel,
    /// Tell ticket that the order does not wait for this attempt any more.
    ReleaseOrder,
    /// Nothing can be done just now.
    Wait,
    /// Nothing is left to do.
    Rest,
}

/// What to do next. Each step may be done twice.
///
/// An attempt whose card is gone is pinned before it is released, though no money will come: a request to pin that is
/// still on its way would otherwise arrive after the release, and the order would be `paying` with nobody to pay it.
/// Once ticket has seen the attempt, a late request to pin it is refused.
pub const fn next_step(now: Situation) -> Step {
    match now.state {
        State::Created => Step::Pin,
        State::Pinned => match (now.source && !now.overdue, now.provider) {
            (false, _) => Step::GiveUp,
            (true, None) => Step::CreateIntent,
            (true, Some(_)) => Step::StoreIntent,
        },
        State::Intent if now.source && !now.overdue => Step::BeginConfirming,
        State::Intent => Step::GiveUp,
        State::Confirming => match now.provider {
            None => Step::Retrieve,
            Some(IntentStatus::RequiresConfirmation | IntentStatus::Processing) if now.overdue => Step::GiveUp,
            Some(IntentStatus::RequiresConfirmation) if now.source => Step::Confirm,
            // The provider is at work, or someone who has the card may be about to use it: both until the deadline.
            Some(IntentStatus::RequiresConfirmation | IntentStatus::Processing) => Step::Wait,
            Some(IntentStatus::Succeeded) => Step::Capture,
            Some(IntentStatus::RequiresPaymentMethod | IntentStatus::Cancelled) => Step::GiveUp,
        },
        State::Voiding if !now.intent_stored => Step::ReleaseOrder,
        State::Voiding => match now.provider {
            None | Some(IntentStatus::RequiresConfirmation | IntentStatus::RequiresPaymentMethod) => Step::Cancel,
            Some(IntentStatus::Processing) => Step::Wait,
            Some(IntentStatus::Succeeded) => Step::Capture,
            Some(IntentStatus::Cancelled) => Step::ReleaseOrder,
        },
        State::Captured => Step::ConfirmOrder,
        State::Completed | State::Voided | State::Refused => Step::Rest,
    }
}

#[cfg(test)]
#[path = "attempt_laws.rs"]
mod laws;

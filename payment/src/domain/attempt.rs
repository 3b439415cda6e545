//! The life of an attempt to pay, and what to do next at each point of it.
//!
//! ```text
//!  created ─▶ (pinned) ─▶ (confirming) ─────────────▶ (captured) ─▶ completed
//!     │          │           │   └──▶ acting ──────────┘  ▲ │           │ ticket wants the money back
//!     │          │           │          │                 │ │ ticket    ▼
//!     ▼          └───────────┴──▶ voiding ◀───────────────┘ └─────▶ refunding ──▶ returned
//!  refused                         │    the money had moved    refused │              │ ticket knows
//!                                  ▼    before it was cancelled        └──────▶ refunded
//!                                voided
//! ```
//!
//! What is in parentheses is passed by where every neighbour answers: what such a state says can be asked again, so it is
//! written down only where a run ends there, or a slow neighbour leaves the buyer time to ask. What cannot be asked again
//! is written down before going on: that there is an attempt, and what the provider calls its intent before it is told to
//! take money. A provider whose name for an intent is made from the attempt's key needs no such pause: the name stands in
//! the attempt from its beginning, and `confirming` is passed by, too.

use serde::{Deserialize, Serialize};
use shared::payment::PaymentStatus;

/// How far an attempt has come: what is known for certain, because it was written down before going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Written down; ticket may have been asked to keep the seats, and the provider for an intent. Where the intent's name
    /// is known from the beginning, anything may have happened up to the tickets.
    Created,
    /// The order is `paying` with this attempt, and the amount is known.
    Pinned,
    /// The provider's intent is known, and it may have been told to take the money; tickets may be issued already.
    // Older releases wrote `intent` before they wrote `confirming`.
    #[serde(alias = "intent")]
    Confirming,
    /// The buyer must act first, such as approve the payment at the bank; it is known where. They may have, meanwhile.
    Acting,
    /// The money has moved; ticket may not know yet.
    Captured,
    /// The money has moved and the tickets are issued.
    Completed,
    /// The attempt is given up; the money may have moved all the same, and the order waits to be released or confirmed.
    Voiding,
    /// No money has moved, none will, and the order does not wait for it.
    Voided,
    /// Ticket refused to let the order be paid.
    Refused,
    /// The provider may have been told to give the money back.
    Refunding,
    /// The money is back; ticket may not know yet.
    Returned,
    /// The money is back, and ticket knows, or has never had the order confirmed.
    Refunded,
}

impl State {
    /// Those where something is left to do.
    pub const UNSETTLED: [Self; 8] = [
        Self::Created,
        Self::Pinned,
        Self::Confirming,
        Self::Acting,
        Self::Captured,
        Self::Voiding,
        Self::Refunding,
        Self::Returned,
    ];
    /// Those where nothing is left to do.
    pub const SETTLED: [Self; 4] = [Self::Completed, Self::Voided, Self::Refused, Self::Refunded];

    /// The word in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pinned => "pinned",
            Self::Confirming => "confirming",
            Self::Acting => "acting",
            Self::Captured => "captured",
            Self::Completed => "completed",
            Self::Voiding => "voiding",
            Self::Voided => "voided",
            Self::Refused => "refused",
            Self::Refunding => "refunding",
            Self::Returned => "returned",
            Self::Refunded => "refunded",
        }
    }

    /// Whether nothing is left to do. A completed attempt may yet be refunded, when ticket wants it.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Completed | Self::Voided | Self::Refused | Self::Refunded)
    }

    /// Whether the order cannot be paid by another attempt: this one has its money, or may yet get it.
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Voided | Self::Refused | Self::Refunded)
    }

    /// What the buyer is told.
    pub const fn status(self) -> PaymentStatus {
        match self {
            Self::Created | Self::Pinned => PaymentStatus::Pending,
            Self::Confirming | Self::Acting | Self::Captured | Self::Voiding | Self::Refunding => {
                PaymentStatus::Processing
            }
            Self::Completed => PaymentStatus::Completed,
            Self::Voided | Self::Refused => PaymentStatus::Failed,
            Self::Returned | Self::Refunded => PaymentStatus::Refunded,
        }
    }
}

/// What the provider says of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    /// No money was asked for.
    RequiresConfirmation,
    /// The buyer must act first.
    RequiresAction,
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
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::Cancelled => "cancelled",
        }
    }
}

/// All that decides what is done next.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts side by side")]
pub struct Situation {
    /// How far the attempt has come.
    pub state: State,
    /// Whether ticket has let the order be paid by this attempt and told the amount, in this run or before.
    pub pinned: bool,
    /// Whether the provider's name for the intent was written down; in `created` and `pinned` it was if the attempt's key
    /// tells it.
    pub intent_stored: bool,
    /// Whether the provider was told to take the money in this run, before that was written down.
    pub told: bool,
    /// What the provider said last, in this run. `None` is *unknown*, which is never taken for anything else.
    pub provider: Option<IntentStatus>,
    /// Whether the card, or what stands for it, is still at hand: after a crash it is gone.
    pub source: bool,
    /// Whether the attempt is older than it may become.
    pub overdue: bool,
    /// Whether the provider has said, in this run, that the money is back.
    pub returned: bool,
    /// Whether ticket is to be told that the money is back: it is not where it never had the order confirmed.
    pub to_be_told: bool,
    /// Whether a neighbour gave no answer to go on from: this run ends, and keeps what it has learned.
    pub ending: bool,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask ticket to let the order be paid by this attempt, and learn the amount.
    Pin,
    /// Write down that ticket lets the order be paid, and the amount.
    KeepPinned,
    /// Ask the provider for an intent.
    CreateIntent,
    /// Write down the intent's name: the provider is about to be told to take the money, or was and has not said that it
    /// did.
    BeginConfirming,
    /// Tell the provider to take the money.
    Confirm,
    /// Ask the provider what became of it.
    Retrieve,
    /// Write down that the buyer must act first, and where.
    AwaitAction,
    /// Write down that the money has moved; ticket does not know yet.
    Capture,
    /// Tell ticket that the money has moved: it issues the tickets.
    ConfirmOrder,
    /// Write down that the attempt is given up.
    GiveUp,
    /// Ask the provider to make sure that no money will move.
    Cancel,
    /// Tell ticket that the order does not wait for this attempt any more.
    ReleaseOrder,
    /// Tell the provider to give the money back.
    Refund,
    /// Write down that the money is back; ticket is to be told.
    StoreRefund,
    /// Write down that the money is back; nobody is to be told.
    CloseRefund,
    /// Tell ticket that the money is back.
    TellRefunded,
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
    if now.ending {
        return last_step(now);
    }
    match now.state {
        State::Created if !now.pinned => Step::Pin,
        State::Created | State::Pinned => match (now.source && !now.overdue, now.provider) {
            (_, Some(IntentStatus::Succeeded)) if now.told => Step::ConfirmOrder,
            (false, _) => Step::GiveUp,
            (true, None) if !now.told => Step::CreateIntent,
            (true, Some(IntentStatus::RequiresConfirmation)) if now.intent_stored && !now.told => Step::Confirm,
            (true, _) => Step::BeginConfirming,
        },
        State::Confirming | State::Acting => match now.provider {
            None => Step::Retrieve,
            Some(IntentStatus::Succeeded) => Step::ConfirmOrder,
            Some(IntentStatus::RequiresPaymentMethod | IntentStatus::Cancelled) => Step::GiveUp,
            Some(_) if now.overdue => Step::GiveUp,
            Some(IntentStatus::RequiresConfirmation) if now.source && matches!(now.state, State::Confirming) => {
                Step::Confirm
            }
            Some(IntentStatus::RequiresAction) if matches!(now.state, State::Confirming) => Step::AwaitAction,
            // The provider is at work, or the buyer, or someone who has the card may be about to use it: all of them
            // until the deadline.
            Some(IntentStatus::RequiresConfirmation | IntentStatus::Processing | IntentStatus::RequiresAction) => {
                Step::Wait
            }
        },
        State::Voiding if !now.intent_stored => Step::ReleaseOrder,
        State::Voiding => match now.provider {
            None
            | Some(
                IntentStatus::RequiresConfirmation | IntentStatus::RequiresAction | IntentStatus::RequiresPaymentMethod,
            ) => Step::Cancel,
            Some(IntentStatus::Processing) => Step::Wait,
            Some(IntentStatus::Succeeded) => Step::ConfirmOrder,
            Some(IntentStatus::Cancelled) => Step::ReleaseOrder,
        },
        State::Captured => Step::ConfirmOrder,
        State::Refunding => match (now.returned, now.to_be_told) {
            (false, _) => Step::Refund,
            (true, true) => Step::StoreRefund,
            (true, false) => Step::CloseRefund,
        },
        State::Returned => Step::TellRefunded,
        State::Completed | State::Voided | State::Refused | State::Refunded => Step::Rest,
    }
}

/// What is done before a run ends in the middle: what it has learned is written down.
const fn last_step(now: Situation) -> Step {
    match (now.state, now.provider) {
        (State::Created | State::Pinned, Some(IntentStatus::Succeeded)) if now.told => Step::Capture,
        (State::Created | State::Pinned, _) if now.told => Step::BeginConfirming,
        (State::Created, _) if now.pinned => Step::KeepPinned,
        (State::Confirming | State::Acting | State::Voiding, Some(IntentStatus::Succeeded)) => Step::Capture,
        _ => Step::Wait,
    }
}

#[cfg(test)]
#[path = "attempt_laws.rs"]
mod laws;

//! A double of the ticket service: it follows the rules of an order's life, and can be told to be in trouble.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::{get, put},
};
use serde_json::json;
use shared::{
    Currency, EventId, Money, OrderId, Problem, ProblemType, Timestamp, UserId,
    event::Venue,
    testing::INTERNAL_TOKEN,
    ticket::{
        CustomerInfo, EventSnapshot, Moved, MovedOrders, Moves, Order, OrderStatus, OrderTransition, RefundingOrder,
        RefundingOrders, RefundingQuery,
    },
};
use tokio::net::TcpListener;

/// The reference of each order.
pub const REFERENCE: &str = "BK7Q2M9XWA";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It answers 503 and does nothing.
    Down,
    /// It does nothing and never answers.
    Deaf,
    /// It does what it is asked, and never answers.
    Mute,
}

#[derive(Default)]
struct Inner {
    orders: HashMap<OrderId, Order>,
    /// With which transitions; all of them where none is named.
    trouble: Option<(Trouble, Option<OrderStatus>)>,
    heard: Vec<(OrderId, OrderStatus, u32)>,
    lists: usize,
    /// How many orders each request for several named.
    groups: Vec<usize>,
    /// What it says to them, if it is of a release that takes none, or none so large.
    refuses_groups: Option<ProblemType>,
}

#[derive(Clone)]
pub struct TicketDouble {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl TicketDouble {
    pub async fn start() -> Self {
        let inner = Arc::<Mutex<Inner>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let double = Self { url, inner };
        let router = Router::new()
            .route("/api/tickets/orders/{id}/status", put(transition))
            .route("/api/tickets/orders/status", put(transitions))
            .route("/api/tickets/orders/refunding", get(refunding))
            .with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        double
    }

    /// What it answers, if it does.
    fn hear(&self, id: OrderId, asked: &OrderTransition) -> Option<Result<Order, Problem>> {
        let mut inner = self.lock();
        inner.heard.push((id, asked.status, asked.attempt));
        let trouble = inner.trouble.filter(|(_, with)| with.is_none_or(|with| with == asked.status));
        match trouble {
            None => Some(inner.transition(id, asked)),
            Some((Trouble::Down, _)) => Some(Err(Problem::new(ProblemType::Unavailable))),
            Some((Trouble::Deaf, _)) => None,
            Some((Trouble::Mute, _)) => {
                // Whatever becomes of it, nobody hears.
                let _ = inner.transition(id, asked);
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new order of 90 dollars.
    pub fn hold(&self, user: UserId) -> OrderId {
        let now = Timestamp::now();
        let order = Order {
            id: OrderId::new(),
            booking_reference: REFERENCE.into(),
            user_id: user,
            event_id: EventId::new(),
            event: EventSnapshot {
                title: "Night of the Żubr".into(),
                category: None,
                venue: Venue::default(),
                starts_at: now,
                ends_at: now,
                time_zone: "Europe/Warsaw".into(),
                image: None,
                refund_hours: None,
            },
            tickets: Vec::new(),
            total_amount: Money::new(9000, Currency::USD),
            status: OrderStatus::Held,
            attempt: 0,
            payment_id: None,
            customer_info: CustomerInfo::default(),
            issued: Vec::new(),
            expires_at: now,
            created_at: now,
            updated_at: now,
            server_time: now,
        };
        let id = order.id;
        self.lock().orders.insert(id, order);
        id
    }

    /// From now on everything goes wrong.
    pub fn trouble(&self, trouble: Trouble) {
        self.lock().trouble = Some((trouble, None));
    }

    /// From now on these transitions go wrong.
    pub fn trouble_with(&self, trouble: Trouble, status: OrderStatus) {
        self.lock().trouble = Some((trouble, Some(status)));
    }

    pub fn recover(&self) {
        self.lock().trouble = None;
    }

    pub fn set(&self, order: OrderId, status: OrderStatus, attempt: u32) {
        let mut inner = self.lock();
        let order = inner.orders.get_mut(&order).expect("an order");
        (order.status, order.attempt) = (status, attempt);
    }

    /// The organizer gives the money back, or the buyer wants it back.
    pub fn wants_refund(&self, order: OrderId) {
        let mut inner = self.lock();
        let order = inner.orders.get_mut(&order).expect("an order");
        assert_eq!(order.status, OrderStatus::Confirmed);
        order.status = OrderStatus::Refunding;
    }

    /// The order is gone, as after a restored backup.
    pub fn lose(&self, order: OrderId) {
        self.lock().orders.remove(&order);
    }

    pub fn order(&self, order: OrderId) -> Order {
        self.lock().orders.get(&order).expect("an order").clone()
    }

    /// How often the list of orders in refunding was asked for.
    pub fn lists(&self) -> usize {
        self.lock().lists
    }

    /// From now on it is of a release that says this to requests for several orders.
    pub fn refuses_groups(&self, problem: ProblemType) {
        self.lock().refuses_groups = Some(problem);
    }

    /// How many orders were named by each request for several.
    pub fn groups(&self) -> Vec<usize> {
        self.lock().groups.clone()
    }

    /// How often it was asked for this transition of the order.
    pub fn heard(&self, order: OrderId, status: OrderStatus) -> usize {
        self.lock().heard.iter().filter(|heard| (heard.0, heard.1) == (order, status)).count()
    }
}

impl Inner {
    /// Every arrow is a compare-and-set on status and attempt.
    fn transition(&mut self, id: OrderId, asked: &OrderTransition) -> Result<Order, Problem> {
        let order = self.orders.get_mut(&id).filter(|order| asked.user_id.is_none_or(|user| user == order.user_id));
        let order = order.ok_or_else(|| Problem::new(ProblemType::NotFound))?;
        let same = order.attempt == asked.attempt;
        let may = match (order.status, asked.status) {
            (OrderStatus::Held, OrderStatus::Paying) => asked.attempt == order.attempt + 1,
            (OrderStatus::Paying, OrderStatus::Paying) => same && asked.payment_id == order.payment_id,
            (OrderStatus::Paying | OrderStatus::Confirmed, OrderStatus::Confirmed)
            | (OrderStatus::Paying, OrderStatus::Held)
            | (OrderStatus::Refunding | OrderStatus::Refunded, OrderStatus::Refunded) => same,
            // Confirmed before, and nothing changes.
            (OrderStatus::Refunding | OrderStatus::Refunded, OrderStatus::Confirmed) if same => {
                return Ok(order.clone());
            }
            (OrderStatus::Held, OrderStatus::Held) => same || asked.attempt == order.attempt + 1,
            _ => false,
        };
        if !may {
            let refused = Problem::new(ProblemType::WrongState);
            return Err(refused.with("state", json!(order.status)).with("attempt", order.attempt));
        }
        (order.status, order.attempt) = (asked.status, asked.attempt);
        order.payment_id = asked.payment_id;
        Ok(order.clone())
    }
}

async fn transition(
    State(double): State<TicketDouble>,
    Path(id): Path<OrderId>,
    headers: HeaderMap,
    Json(asked): Json<OrderTransition>,
) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {INTERNAL_TOKEN}"));
    match double.hear(id, &asked) {
        Some(Ok(order)) => Json(order).into_response(),
        Some(Err(problem)) => problem.into_response(),
        None => std::future::pending().await,
    }
}

async fn transitions(State(double): State<TicketDouble>, headers: HeaderMap, Json(asked): Json<Moves>) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {INTERNAL_TOKEN}"));
    {
        let mut inner = double.lock();
        inner.groups.push(asked.orders.len());
        if let Some(problem) = inner.refuses_groups {
            return Problem::new(problem).into_response();
        }
    }
    let heard: Vec<_> = asked.orders.iter().map(|asked| double.hear(asked.order_id, &asked.transition)).collect();
    let moved = |heard| match heard {
        Ok(order) => Moved::Order(Order::into(order)),
        Err(problem) => Moved::Problem(problem),
    };
    match heard.into_iter().map(|heard| heard.map(moved)).collect::<Option<_>>() {
        Some(orders) => Json(MovedOrders { orders }).into_response(),
        None => std::future::pending().await,
    }
}

async fn refunding(
    State(double): State<TicketDouble>,
    Query(asked): Query<RefundingQuery>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {INTERNAL_TOKEN}"));
    let mut inner = double.lock();
    inner.lists += 1;
    if inner.trouble.is_some_and(|(_, with)| with.is_none()) {
        return Problem::new(ProblemType::Unavailable).into_response();
    }
    let orders = inner.orders.values().filter(|order| order.status == OrderStatus::Refunding);
    let orders = orders.filter(|order| asked.after.is_none_or(|after| order.id > after));
    let mut orders: Vec<_> = orders
        .map(|order| RefundingOrder {
            order_id: order.id,
            attempt: order.attempt,
            payment_id: order.payment_id,
            total_amount: order.total_amount,
        })
        .collect();
    orders.sort_by_key(|order| order.order_id);
    orders.truncate(asked.limit.unwrap_or(100) as usize);
    Json(RefundingOrders { orders }).into_response()
}

//! The report: tables for people, JSON for whatever compares runs.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    figure::{Figure, Shares},
    meter::{CEILING, CLIENT, MONGOD},
    mongo::REQUESTS,
    plan::{HOT_BUYERS, SPREAD_BUYERS},
    results::{BARE, FULL, HOT, Repetition, Run, SPREAD, typical},
    table::{lines, number},
    targets::{Verdict, verdicts},
};

/// On which machine, and how.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Circumstances {
    /// A minute's look?
    pub quick: bool,
    /// How many cores there are.
    pub cores: f64,
    /// MongoDB's version.
    pub mongodb: String,
    /// When it ended.
    pub ended_at: String,
}

/// The whole report as text.
pub fn text(circumstances: &Circumstances, repetitions: &[Repetition]) -> String {
    let typical = typical(repetitions);
    let parts = [
        scenarios(&typical),
        profile(&typical),
        memory(&typical),
        sales(repetitions),
        errors(&typical),
        targets(&verdicts(repetitions)),
    ];
    let Circumstances { cores, mongodb, .. } = circumstances;
    let times = repetitions.len();
    let times = if times == 1 { "measured once".to_owned() } else { format!("median of {times}") };
    let mut text = format!("\n{cores} cores, MongoDB {mongodb}, release builds, everything on one machine; {times}\n");
    for part in parts.iter().filter(|part| !part.is_empty()) {
        text.push('\n');
        text += &part.join("\n");
        text.push('\n');
    }
    text
}

/// The whole report as JSON.
pub fn json(circumstances: &Circumstances, repetitions: &[Repetition]) -> Value {
    let run = |run: &Run| json!({ "scenario": run.scenario, "clients": run.clients, "figure": run.figure });
    let repetition = |repetition: &Repetition| json!({ "runs": repetition.runs.iter().map(run).collect::<Vec<_>>(), "sales": repetition.sales });
    json!({
        "circumstances": circumstances,
        "targets": verdicts(repetitions),
        "typical": typical(repetitions).iter().map(run).collect::<Vec<_>>(),
        "repetitions": repetitions.iter().map(repetition).collect::<Vec<_>>(),
    })
}

/// One line while it runs.
pub fn progress(scenario: &str, clients: usize, figure: &Figure) -> String {
    let Figure { per_second, p50_ms, p99_ms, .. } = figure;
    let failed = figure.failed();
    let errors = if failed > 0 { format!(", {failed} errors") } else { String::new() };
    let (rate, p50, p99) = (number(*per_second), number(*p50_ms), number(*p99_ms));
    format!("  {scenario:<24} {clients:>5} clients {rate:>8}/s   p50 {p50} ms, p99 {p99} ms{errors}")
}

fn words<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(ToOwned::to_owned).to_vec()
}

fn of_services(shares: &Shares) -> impl Iterator<Item = (&String, f64)> {
    let beside = [MONGOD, CLIENT, CEILING];
    shares.iter().filter(move |(name, _)| !beside.contains(&name.as_str())).map(|(name, share)| (name, *share))
}

fn share(shares: &Shares, name: &str) -> String {
    shares.get(name).map_or_else(|| "–".to_owned(), |share| number(*share))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn scenarios(typical: &[Run]) -> Vec<String> {
    let mut rows = vec![words([
        "scenario",
        "clients",
        "each second",
        "p50 ms",
        "p99 ms",
        "errors",
        "services",
        "mongod",
        "client",
        "in all",
        "cores used",
        "by others",
    ])];
    rows.extend(typical.iter().map(|Run { scenario, clients, figure }| {
        // What does nothing stands where the services stand.
        let services: f64 = of_services(&figure.cpu_ms).map(|(_, share)| share).sum();
        let ceiling = figure.cpu_ms.get(CEILING).copied().unwrap_or_default();
        vec![
            scenario.clone(),
            number_of(*clients),
            number(figure.per_second),
            number(figure.p50_ms),
            number(figure.p99_ms),
            figure.failed().to_string(),
            number(services + ceiling),
            share(&figure.cpu_ms, MONGOD),
            share(&figure.cpu_ms, CLIENT),
            number(figure.cores_ms()),
            percent(figure.machine),
            percent(figure.others),
        ]
    }));
    let mut lines = lines(&rows);
    lines.push("services … in all: core milliseconds for one operation".to_owned());
    lines
}

fn number_of(count: usize) -> String {
    match u32::try_from(count) {
        Ok(count) if count >= 1000 => number(count.into()),
        _ => count.to_string(),
    }
}

/// Where the time of a booking goes.
fn profile(typical: &[Run]) -> Vec<String> {
    let [few, many, most] = HOT_BUYERS;
    let chosen = |run: &&Run| {
        let hot = run.scenario == HOT && [few, many, most].contains(&run.clients);
        let bare = run.scenario == BARE && run.clients == few;
        hot || bare || (run.scenario == SPREAD && run.clients == SPREAD_BUYERS) || run.scenario == FULL
    };
    let mut rows = vec![words([
        "one booking",
        "clients",
        "auth",
        "event",
        "ticket",
        "payment",
        "mongod",
        "client",
        "round trips",
        "queries",
        "inserts",
        "updates",
        "commands",
        "transactions",
        "batch",
        "asked auth",
    ])];
    rows.extend(typical.iter().filter(chosen).map(|Run { scenario, clients, figure }| {
        let mut row = vec![scenario.clone(), number_of(*clients)];
        let processes = ["auth", "event", "ticket", "payment", MONGOD, CLIENT];
        row.extend(processes.map(|name| share(&figure.cpu_ms, name)));
        let counters = [REQUESTS, "query", "insert", "update", "command", "transactions"];
        row.extend(counters.map(|name| share(&figure.mongodb, name)));
        row.push(number(figure.batch));
        row.push(number(figure.session_questions));
        row
    }));
    if rows.len() == 1 {
        return Vec::new();
    }
    let mut lines = lines(&rows);
    lines.push("auth … client: core milliseconds; round trips … transactions: MongoDB's own counters".to_owned());
    lines
}

fn memory(typical: &[Run]) -> Vec<String> {
    let mut most = Shares::new();
    for (name, resident) in typical.iter().flat_map(|run| &run.figure.resident_mib) {
        let known = most.entry(name.clone()).or_default();
        *known = known.max(*resident);
    }
    if most.is_empty() {
        return Vec::new();
    }
    let shown: Vec<String> = most.iter().map(|(name, mib)| format!("{name} {}", number(*mib))).collect();
    vec![format!("memory at most, MiB: {}", shown.join(", "))]
}

fn sales(repetitions: &[Repetition]) -> Vec<String> {
    let sales = repetitions.iter().flat_map(|repetition| &repetition.sales);
    sales
        .map(|sale| {
            let errors: u64 = sale.errors.values().sum();
            format!(
                "sale of {} seats to {} buyers: {} sold, {} left, {} told so, {errors} errors, {} ms",
                sale.seats,
                number_of(sale.buyers),
                sale.sold,
                sale.left,
                sale.sold_out,
                number(sale.took_ms),
            )
        })
        .collect()
}

fn errors(typical: &[Run]) -> Vec<String> {
    let told = typical.iter().filter(|run| run.figure.failed() > 0);
    told.map(|run| {
        let kinds: Vec<String> = run.figure.errors.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        format!("errors of {}, {} clients: {}", run.scenario, number_of(run.clients), kinds.join(", "))
    })
    .collect()
}

fn targets(verdicts: &[Verdict]) -> Vec<String> {
    let mut rows = vec![words(["target", "must be", "is", "by repetition", "by core time", ""])];
    rows.extend(verdicts.iter().map(|verdict| {
        let each: Vec<String> = verdict.values.iter().map(|value| number(*value)).collect();
        vec![
            verdict.what.to_owned(),
            verdict.bound.words(),
            verdict.bound.shown(verdict.value),
            each.join(" "),
            verdict.by_cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2} ×")),
            if verdict.reached { "reached" } else { "MISSED" }.to_owned(),
        ]
    }));
    if rows.len() == 1 { Vec::new() } else { lines(&rows) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{results::tests::run, sellout::Sale};

    fn repetitions() -> Vec<Repetition> {
        let runs = vec![run(BARE, 32, 900.0), run(HOT, 256, 3600.0)];
        vec![Repetition { runs, sales: vec![Sale { buyers: 1024, seats: 500, ..Sale::default() }] }]
    }

    fn circumstances() -> Circumstances {
        Circumstances { quick: true, cores: 2.0, mongodb: "6.0".to_owned(), ended_at: String::new() }
    }

    #[test]
    fn a_missed_target_stands_out_in_the_text() {
        let text = text(&circumstances(), &repetitions());
        let line = text.lines().find(|line| line.starts_with("one hot event, 256 buyers")).unwrap_or_default();
        assert!(line.contains("≥ 5 ×") && line.contains("4.00 ×") && line.ends_with("MISSED"), "{text}");
        assert!(text.contains("sale of 500 seats to 1,024 buyers"), "{text}");
    }

    #[test]
    fn the_json_holds_every_run_and_every_verdict() {
        let json = json(&circumstances(), &repetitions());
        assert_eq!(json["repetitions"][0]["runs"][1]["figure"]["perSecond"], 3600.0);
        assert_eq!(json["targets"][0]["reached"], false);
        assert_eq!(json["targets"][0]["bound"]["atLeast"], 5.0);
    }
}

//! Faults: the whole platform as real processes, with what dies and what breaks between them, under load.
//!
//! `FAULTS_SEED` makes the same choices again; the seed of each run is printed.

mod books;
mod control;
mod kills;
mod link;
mod links;
mod load;
mod seed;
mod settled;
mod world;

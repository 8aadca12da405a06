//! JSON of the contract

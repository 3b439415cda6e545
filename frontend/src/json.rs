//! Reads JSON into the types of the wire.
//!
//! `serde_json` could do it alone, at the price of a quarter of the WASM: it compiles its parser anew for each type,
//! each type also from an array, and with each every message that an error could carry. Here the text becomes a tree
//! once, structs come from objects only, and an error says nothing: the app could only say "unexpected answer" anyway.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor,
    },
};
use serde_json::{Map, Value};

/// Reads `text` as a `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok().and_then(fit)
}

/// Makes a `T` of a tree.
pub fn fit<T: DeserializeOwned>(tree: Value) -> Option<T> {
    T::deserialize(Tree(tree)).ok()
}

/// It did not fit.
#[derive(Debug)]
struct Misfit;

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("misfit")
    }
}

impl std::error::Error for Misfit {}

// Every message is dropped unread, so that what would write it is not compiled.
impl Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

struct Tree(Value);

/// Methods that take one kind of value and nothing else.
macro_rules! only {
    ($($method:ident($value:pat, $visitor:ident) => $visit:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $visitor: V) -> Result<V::Value, Misfit> {
            match self.0 {
                $value => $visit,
                _ => Err(Misfit),
            }
        }
    )*};
}

/// Methods that do the same as another one.
macro_rules! like {
    ($other:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            self.$other(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(_) => self.deserialize_i64(visitor),
            Value::String(value) => visitor.visit_string(value),
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            Value::Object(members) => visitor.visit_map(Members::of(members)),
        }
    }

    only! {
        deserialize_bool(Value::Bool(value), visitor) => visitor.visit_bool(value);
        deserialize_string(Value::String(value), visitor) => visitor.visit_string(value);
        deserialize_seq(Value::Array(items), visitor) => visitor.visit_seq(Items(items.into_iter()));
        deserialize_map(Value::Object(members), visitor) => visitor.visit_map(Members::of(members));
        deserialize_unit(Value::Null, visitor) => visitor.visit_unit();
    }

    like!(deserialize_i64: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_u8 deserialize_u16 deserialize_u32);
    like!(deserialize_i64: deserialize_u64 deserialize_f32 deserialize_f64);
    like!(deserialize_string: deserialize_char deserialize_str deserialize_identifier deserialize_bytes deserialize_byte_buf);

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let Value::Number(number) = self.0 else { return Err(Misfit) };
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), ..) => visitor.visit_u64(value),
            (None, Some(value), _) => visitor.visit_i64(value),
            (None, None, Some(value)) => visitor.visit_f64(value),
            (None, None, None) => Err(Misfit),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_enum(Variant(self))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        self.0.next().map(|value| seed.deserialize(Tree(value))).transpose()
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    value: Value,
}

impl Members {
    fn of(members: Map<String, Value>) -> Self {
        Self { rest: members.into_iter(), value: Value::Null }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(Tree(Value::String(name))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        seed.deserialize(Tree(self.value.take()))
    }
}

/// A variant without data: a word.
struct Variant(Tree);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Misfit;
    type Variant = Word;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Word), Misfit> {
        seed.deserialize(self.0).map(|variant| (variant, Word))
    }
}

struct Word;

impl<'de> VariantAccess<'de> for Word {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Misfit> {
        Err(Misfit)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Misfit> {
        Err(Misfit)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Misfit> {
        Err(Misfit)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use shared::{
        Currency, Money, Page, Problem, ProblemType, Timestamp, UserId,
        auth::{Role, SignedIn, User},
        payment::PaymentMethod,
    };
    use uuid::Uuid;

    use super::*;

    fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(value: T) {
        let text = serde_json::to_string(&value).expect("a value of the wire");
        assert_eq!(read::<T>(&text).as_ref(), Some(&value), "{text}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        there_and_back(Money::new(-4500, Currency::USD));
        there_and_back(Timestamp::UNIX_EPOCH);
        there_and_back(PaymentMethod::BankTransfer);
        there_and_back(Page { items: vec![Some(1.5), None], next: Some("x".to_owned()) });
        let user = User {
            id: UserId(Uuid::nil()),
            email: "ada@example.com".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Łódzka 🎫".to_owned(),
            role: Role::Admin,
        };
        there_and_back(SignedIn { user });
    }

    #[test]
    fn a_problem_keeps_its_further_members() {
        let problem = Problem::new(ProblemType::SoldOut).with("remaining", 3).detail("Only 3 left");
        there_and_back(problem);
    }

    #[test]
    fn what_does_not_fit_is_none() {
        for bad in ["", "{", "[]", "1", "{\"amount\": 1}", "{\"amount\": \"1\", \"currency\": \"USD\"}"] {
            assert_eq!(read::<Money>(bad), None, "{bad}");
        }
        assert_eq!(read::<Timestamp>("\"yesterday\""), None);
        assert_eq!(read::<Role>("\"owner\""), None);
    }

    #[test]
    fn members_that_are_not_known_yet_are_passed_over() {
        let text = r#"{"user": {"id": "00000000-0000-0000-0000-000000000000", "email": "a@b.c", "firstName": "A",
                       "lastName": "B", "role": "user", "shoeSize": {"eu": [39]}}, "since": 3}"#;
        assert!(read::<SignedIn>(text).is_some());
    }
}

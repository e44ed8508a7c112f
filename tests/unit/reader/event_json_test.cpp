// SPDX-License-Identifier: Apache-2.0
#include "reader/event_json.hpp"
#include "support/catch.hpp"

using namespace dosario;

TEST_CASE("events as lines of JSON", "[event_json]") {
    BarcodeRead read;
    read.aim.chars = {']', 'd', '2'};
    read.bytes = "01\x1D\xFF";
    CHECK(event_json(read) == R"({"event":"barcode","aim":"]d2","hex":"30311dff"})");
    CHECK(event_json(BarcodeRead{{}, "7", {}}) == R"({"event":"barcode","aim":"","hex":"37"})");
    TagRead tag;
    tag.epc = *from_hex("30ab");
    tag.pc = 0x0800;
    CHECK(event_json(tag) == R"({"event":"tag","epc":"30ab","pc":"0800","tid":null,"antenna":1,"rssi_cdbm":null})");
    tag.tid = *from_hex("e2");
    tag.rssi_cdbm = -5230;
    CHECK(event_json(tag) == R"({"event":"tag","epc":"30ab","pc":"0800","tid":"e2","antenna":1,"rssi_cdbm":-5230})");
    CHECK(event_json(ReaderAnswer{"a\"\\\n\xE9", "ok", {}, {}, {}}) ==
          R"({"event":"answer","command":"a\"\\\u000a\u00e9","status":"ok","pc":null,"epc":null,"data":null})");
    CHECK(event_json(ReaderAnswer{"read", "ok", 0x3000, *from_hex("30"), *from_hex("4f4b")}) ==
          R"({"event":"answer","command":"read","status":"ok","pc":"3000","epc":"30","data":"4f4b"})");
    CHECK(event_json(ReaderReady{}) == R"({"event":"ready"})");
    CHECK(event_json(RoundEnded{}) == R"({"event":"round_ended"})");
    CHECK(event_json(ReaderFault{ReaderFault::Kind::checksum, "x"}) == R"({"event":"fault","error":"checksum"})");
    CHECK(event_json(ReaderFault{ReaderFault::Kind::length, ""}) == R"({"event":"fault","error":"length"})");
    CHECK(event_json(ReaderFault{ReaderFault::Kind::framing, ""}) == R"({"event":"fault","error":"framing"})");
}

TEST_CASE("events as lines for people", "[event_json]") {
    BarcodeRead read;
    read.aim.chars = {']', 'd', '2'};
    read.bytes = "01\x1D";
    CHECK(event_text(read) == "barcode ]d2 01\\x1d");
    CHECK(event_text(ReaderFault{ReaderFault::Kind::length, "cut"}) == "fault length: cut");
    CHECK(event_text(ReaderAnswer{"REVINF", "ack", {}, {}, {}}) == "answer REVINF ack");
}

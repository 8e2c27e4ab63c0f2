# json_schema.jq - what is wrong with lines of `beamtap --json`, by doc/beamtap-json.5: one line each, nothing when all is well.
#
#   jq -rn -f json_schema.jq < lines
#
# For each event: members it must have, and members it may have besides, with their types. A member that is in neither is wrong.

def head: {event: "string", seq: "count", node: "string", time: "time", time_ns: "digits"};
def who: {pid: "string"};
def who_may: {name: "string"};
def mfa: {module: "string", function: "string", arity: "count"};
def schema: {
    call: {must: (who + mfa), may: (who_may + {args: "array", args_text: "strings", caller: "frame", stack: "frames", message: "any", message_text: "string"})},
    return: {must: (who + mfa + {value_text: "string"}), may: (who_may + {value: "any", duration_ns: "count"})},
    exception: {must: (who + mfa + {class: "string", reason_text: "string"}), may: (who_may + {reason: "any", duration_ns: "count"})},
    timed: {must: (who + mfa + {duration_ns: "count"}), may: who_may},
    send: {must: (who + {value_text: "string", to: "string"}), may: (who_may + {value: "any"})},
    receive: {must: (who + {value_text: "string"}), may: (who_may + {value: "any", from: "string"})},
    spawn: {must: (who + mfa + {child: "string"}), may: who_may},
    exit: {must: (who + {reason_text: "string"}), may: (who_may + {reason: "any"})},
    link: {must: (who + {to: "string"}), may: who_may},
    unlink: {must: (who + {to: "string"}), may: who_may},
    register: {must: (who + {value_text: "string"}), may: (who_may + {value: "any"})},
    unregister: {must: (who + {value_text: "string"}), may: (who_may + {value: "any"})},
    gc: {must: (who + {kind: "string", before_bytes: "count", after_bytes: "count"}), may: (who_may + {duration_ns: "count"})},
    running: {must: who, may: (who_may + mfa + {duration_ns: "count"})},
    gap: {must: {kind: "string", text: "string"}, may: {count: "count"}},
    note: {must: {text: "string"}, may: {}},
    count: {must: (mfa + {calls: "count"}), may: {}},
    summary: {must: {reason: "string", received: "count", printed: "count", filtered: "count", lost: "count", calls: "count",
                     returns: "count", exceptions: "count", open: "count", lost_on_node: "count", clean: "boolean"},
              may: {skipped: "count", examined: "count", error: "string"}}
};

def is_frame: type == "object" and (.module | type) == "string" and (.function | type) == "string" and (.arity | type) == "number";
def is_a($want):
    if $want == "any" then true
    elif $want == "count" then type == "number" and . >= 0 and . == floor
    elif $want == "digits" then type == "string" and test("^[0-9]+$")
    elif $want == "time" then type == "string" and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$")
    elif $want == "strings" then type == "array" and all(.[]; type == "string")
    elif $want == "frame" then . == null or is_frame
    elif $want == "frames" then type == "array" and all(.[]; is_frame)
    else type == $want end;

def problems:
    . as $record
    | schema[.event // ""] as $event
    | if $event == null then "no such event"
      else (head + $event.must) as $must | ($must + $event.may) as $all
        | (($must | keys[]) | select(. as $k | $record | has($k) | not) | "\(.) is missing"),
          (($record | keys[]) | select($all[.] == null) | "\(.) is not in the schema"),
          (($record | keys[]) | . as $k | select($all[$k] != null and ($record[$k] | is_a($all[$k]) | not)) | "\($k) is no \($all[$k])"),
          (if $record.args then select(($record.args | length) != ($record.args_text | length)) | "args and args_text differ in length" else empty end)
      end;

foreach inputs as $line ({n: 0}; {n: (.n + 1), line: $line};
    . as $at | ($line | problems) | "line \($at.n): \(.): \($line | tojson)"),
    empty

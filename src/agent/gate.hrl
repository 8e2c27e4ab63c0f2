%% The gate: what the tracer sets the trace control word to, and the token bucket.

%% Sets the word to what there is room, credit and tokens for: absolute, from what is not consumed yet. The word is never
%% the ledger. Returns how long to wait until it must be set again, in ms.
gate(#tracer{shut = true} = T) ->
    {T, infinity};
gate(#tracer{is_weighed = false, open = 1, mute = [], sent_us = At, pause = false} = T) ->
    case ?WEIGH_US - (now_us() - At) of
        Left when Left > 0 -> closed(T, 1 + Left div 1000); % the first return may be on its way, and big
        _ -> gate_for_room(T)
    end;
gate(T) ->
    gate_for_room(T).

gate_for_room(T) ->
    T1 = refill(T),
    {message_queue_len, Queued} = process_info(self(), message_queue_len),
    Room = min(window(T1) - T1#tracer.unacked - Queued,
               (T1#tracer.max_bytes - T1#tracer.unacked_bytes) div T1#tracer.call_bytes),
    Lone = case T1#tracer.unacked + Queued of 0 -> 1; _ -> 0 end, % one call may always pass
    open(T1, max(Lone, Room), tokens(T1)).

%% Many calls are open: where that is tail recursion, the guard must end it before it has gone far.
window(#tracer{outcome = #outcome{n_held = Held}, room = Room}) when Held > ?MAX_OPEN -> min(Room, ?DEEP_ROOM);
window(#tracer{deep = off, room = Room}) -> Room;
window(#tracer{room = Room}) -> min(Room, ?DEEP_ROOM).

open(#tracer{credit = Credit, final = true} = T, _, _) when Credit =< 0 ->
    T1 = tell_outcome(T),
    T#tracer.guard ! exhausted,
    closed(T1#tracer{shut = true}, infinity);
open(#tracer{pause = true} = T, _, _) ->
    closed(T, infinity);
open(#tracer{on_rate = stop} = T, _, Tokens) when Tokens < 1 ->
    T1 = tell_outcome(T),
    T#tracer.guard ! rate_reached,
    closed(T1#tracer{shut = true}, infinity);
open(#tracer{hot = asked} = T, _, _) ->
    closed(T, infinity);
open(#tracer{hot = off} = T, Room, _) when Room < 1 ->
    closed(T, infinity);
open(#tracer{hot = off} = T, _, Tokens) ->
    case Tokens >= burst(T) of
        true -> T#tracer.guard ! ready, closed(T#tracer{hot = asked}, infinity);
        false -> closed(T, wait_for(T, burst(T)))
    end;
open(T, _, Tokens) when Tokens < 1 ->
    closed(tell_dry(T), wait_for(T, 1));
open(#tracer{told = true} = T, Room, _) when Room < 1 ->
    closed(T, infinity);
open(#tracer{told = waiting} = T, Room, _) when Room < 1 ->
    closed(tell_dry(T), infinity);
open(T, Room, _) when Room < 1 ->
    closed(T#tracer{told = waiting}, ?STALLED_MS);
open(T, Room, Tokens) ->
    set_gate(T, min(min(Room, Tokens), wanted(T))).

%% With a filter nobody knows how many calls must be examined until as many as are wanted can be shown.
wanted(#tracer{outcome = none, credit = Credit}) -> Credit;
wanted(#tracer{max = Max}) -> Max.

%% The guard hears once that the gate is closed for want of tokens, or of room for longer than a moment.
tell_dry(#tracer{told = true} = T) ->
    T;
tell_dry(T) ->
    T#tracer.guard ! dry,
    T#tracer{told = true}.

closed(T, Wait) ->
    {T1, _} = set_gate(T, 0),
    {T1, case T1#tracer.dirty of true -> min(Wait, ?STALLED_MS); false -> Wait end}. % an atom is above every number

set_gate(#tracer{undo = #undo{base = Base, range = Range}} = T, Open) ->
    case word() of
        W when W >= Base - ?UNDERSHOOT, W =< Base + Range ->
            W =:= Base + Open orelse set_word(Base + Open),
            {T, case T#tracer.calm of true -> ?CALM_MS; false -> ?REASSERT_MS end};
        W ->
            T#tracer.guard ! {foreign_word, W},
            {T#tracer{shut = true}, infinity}
    end.

%% Token bucket: tokens are counted in 1/Interval, so that nothing is lost to rounding. An interval is in microseconds.
refill(#tracer{rate = none} = T) ->
    T;
refill(#tracer{rate = {N, _} = Rate, tokens = Tokens, filled_us = At} = T) ->
    Now = now_us(),
    T#tracer{tokens = min(full(Rate, max(T#tracer.burst, burst(T))), Tokens + (Now - At) * N), filled_us = Now}.

full(none, _) -> 0;
full({_, Interval}, Burst) -> Burst * Interval.

tokens(#tracer{rate = none, max = Max}) -> Max;
tokens(#tracer{rate = {_, Interval}, tokens = Tokens}) -> Tokens div Interval.

spend(#tracer{rate = none, tokens = Tokens}, _) -> Tokens;
spend(#tracer{rate = {_, Interval}, tokens = Tokens}, Calls) -> Tokens - Calls * Interval.

%% Putting a pattern on and off costs milliseconds: for a hot function that is done for the tokens of a tenth of a second.
burst(#tracer{rate = none}) -> 1;
burst(#tracer{rate = {N, Interval}, hot = cold, burst = Burst}) -> max(1, min(Burst, N * 100000 div Interval));
burst(#tracer{rate = {N, Interval}}) -> max(1, N * 100000 div Interval).

%% Milliseconds until there are that many tokens.
wait_for(#tracer{rate = none}, _) -> ?STALLED_MS;
wait_for(#tracer{rate = {N, Interval}, tokens = Tokens}, Wanted) ->
    max(1, (Wanted * Interval - Tokens + N * 1000 - 1) div (N * 1000)).

%% The guard is gone: its work is ours.
alone(#tracer{ctl = Ctl, undo = U}) ->
    catch register(?GUARD_NAME, self()), % nobody else begins before we have ended
    take_back(U),
    session_end(U#undo.session),
    %% Our flags end with us: only then the heir may let messages through again.
    U#undo.messages =/= [] andalso U#undo.session =:= none orelse ask(U#undo.heir, kill, 1000),
    tell(Ctl, {finished, guard_died, []}, 50),
    leave(),
    exit(normal).

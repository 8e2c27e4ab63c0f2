# elixir_oracle.exs - specs in Elixir notation beside the clauses of Elixir itself.
#
#   elixir elixir_oracle.exs cases TABLE SEED COUNT SPECS CASES   SPECS: one spec a line, those of TABLE and COUNT made by
#                                                                 chance; CASES: their argument lists, what is expected
#   elixir elixir_oracle.exs check SPECS CASES COMPILED           COMPILED: what match_specs made of SPECS
#
# Each spec's heads and guards become the clauses of a function; it and the match specification must agree on every
# argument list. Specs that need a later OTP release than the one at hand are counted and left out. Exit status 0 or 1.
defmodule Foo do
  defstruct [:a, b: 1]
end

defmodule Oops do
  defexception message: "oops", code: 1
end

defmodule Oracle.Table do
  @moduledoc "SPEC ## argument lists that match ## argument lists that do not, both as Elixir's lists of lists."

  def read(path) do
    for line <- File.stream!(path), line = String.trim(line), line != "" and not String.starts_with?(line, "#") do
      [spec, yes, no] = line |> String.split(" ## ") |> Enum.map(&String.trim/1)
      {spec, eval(yes, true) ++ eval(no, false)}
    end
  end

  defp eval(text, expected) do
    {lists, _} = Code.eval_string(text)
    for args <- lists, do: {args, expected}
  end
end

defmodule Oracle.Random do
  @moduledoc "Specs and argument lists by chance: a pattern made from a term, and terms a little different from it."

  defp pick(list), do: Enum.at(list, :rand.uniform(length(list)) - 1)
  defp chance(n), do: :rand.uniform(n) == 1

  def spec do
    args = for _ <- 1..:rand.uniform(3), do: term(2)
    Process.put(:n, 0)
    {patterns, bound} = patterns(args, [])
    Process.put(:facts, for({v, t} <- bound, fact <- facts(v, t), do: fact))
    vars = for {v, _} <- bound, do: v
    guards = for _ <- 1..pick([0, 1, 1, 1, 2])//1, do: " when " <> guard(2, vars)
    others = for _ <- 1..4, do: mutate_one(args)
    {"M.f(#{Enum.join(patterns, ", ")})#{guards}", for(a <- [args | others], do: {a, nil})}
  end

  defp leaf do
    pick([0, 1, 2, 3, -1, 10, 97, 1.0, 2.5, -1.0, 12_345_678_901_234_567_890, :ok, :error, nil, true, false, :"a b",
          Foo, Foo.Bar, "", "abc", "é", "a\"b\#{c", <<0, 255>>, <<5::size(3)>>, [], 'ab', 'abc', {}, %{}])
  end

  defp term(0), do: leaf()

  defp term(d) do
    case :rand.uniform(10) do
      1 -> List.to_tuple(terms(d))
      2 -> List.to_tuple([:ok | terms(d)])
      3 -> terms(d)
      4 -> [term(d - 1) | pick([:tail, [], terms(d)])]
      5 -> for _ <- 1..2, do: {pick([:a, :b, :c]), term(d - 1)}
      6 -> Map.new(for(t <- terms(d), do: {key(), t}))
      7 -> pick([%Foo{a: term(d - 1)}, %Oops{code: term(d - 1)}, %{__struct__: term(0)}])
      _ -> leaf()
    end
  end

  defp terms(d), do: for(_ <- 1..(:rand.uniform(4) - 1)//1, do: term(d - 1))
  defp key, do: pick([:a, :b, :c, "k", 1, {1, :x}, :"a b"])
  defp text(t), do: inspect(t, limit: :infinity, printable_limit: :infinity, structs: false)

  defp pattern(t, bound) do
    case :rand.uniform(10) do
      1 -> {"_", bound}
      n when n < 5 -> variable(t, bound)
      5 ->
        {v, bound} = variable(t, bound)
        {p, bound} = inside(t, bound)
        {pick(["#{v} = #{p}", "#{p} = #{v}"]), bound}
      _ -> inside(t, bound)
    end
  end

  # A new variable, or at times one that is bound to the same value.
  defp variable(t, bound) do
    same = for {v, ^t} <- bound, do: v
    if same != [] and chance(2) do
      {pick(same), bound}
    else
      Process.put(:n, Process.get(:n) + 1)
      v = pick(["v", "v", "_v"]) <> "#{Process.get(:n)}"
      {v, [{v, t} | bound]}
    end
  end

  defp patterns(ts, bound), do: Enum.map_reduce(ts, bound, &pattern/2)

  defp inside(t, bound) when is_tuple(t) do
    {ps, bound} = patterns(Tuple.to_list(t), bound)
    {"{#{Enum.join(ps, ", ")}}", bound}
  end

  defp inside([h | t], bound) do
    {p, bound} = pattern(h, bound)
    {q, bound} = pattern(t, bound)
    # Elixir 1.14 forgets to compare a variable that stands on both sides of ++.
    append = if p =~ ~r/v[0-9]/, do: [], else: ["[#{p}] ++ #{wrap(q)}"]
    {pick(["[#{p} | #{q}]" | append]), bound}
  end

  defp inside(%{__struct__: m} = t, bound) when m in [Foo, Oops] do
    {ps, bound} = pairs(Map.delete(t, :__struct__), bound)
    {"%#{inspect(m)}{#{Enum.join(ps, ", ")}}", bound}
  end

  defp inside(t, bound) when is_map(t) do
    {ps, bound} = pairs(t, bound)
    {"%{#{Enum.join(ps, ", ")}}", bound}
  end

  defp inside(t, bound), do: {text(t), bound}

  defp wrap(q), do: if(String.contains?(q, " = "), do: "(#{q})", else: q)

  defp pairs(map, bound) do
    some = for {k, v} <- :maps.to_list(map), :rand.uniform(3) > 1, do: {k, v}
    Enum.map_reduce(some, bound, fn {k, v}, acc ->
      {p, acc} = pattern(v, acc)
      {"#{text(k)} => #{p}", acc}
    end)
  end

  # ---- guards: as they are written, with brackets or without them ----

  defp guard(0, vars) do
    facts = Process.get(:facts)
    if facts != [] and chance(2), do: pick(facts), else: any_guard(vars)
  end

  defp guard(d, vars) do
    case :rand.uniform(8) do
      1 -> "(#{guard(d - 1, vars)}) and (#{guard(d - 1, vars)})"
      2 -> "#{guard(0, vars)} and #{guard(d - 1, vars)}"
      3 -> "(#{guard(d - 1, vars)}) or (#{guard(d - 1, vars)})"
      4 -> "#{guard(0, vars)} or #{guard(d - 1, vars)}"
      5 -> "not (#{guard(d - 1, vars)})"
      6 -> ":erlang.xor(#{guard(d - 1, vars)}, #{guard(d - 1, vars)})"
      _ -> guard(0, vars)
    end
  end

  # What is true of v while it is t, as guards made by chance seldom are.
  defp facts(v, t) do
    ["#{v} === #{text(t)}", "#{v} in [:x, #{text(t)}]", "not is_port(#{v})", "#{v} != :other" | facts_of(v, t)]
  end

  defp facts_of(v, n) when is_integer(n) do
    ["#{v} + 1 === #{n + 1}", "#{v} in #{n - 1}..#{n + 2}", "#{v} in #{n + 4}..#{n - 2}//-2", "is_integer(#{v})",
     "rem(#{v}, 7) == #{rem(n, 7)}", "div(#{v}, 3) - 1 < #{div(n, 3)}", "- #{v} <= #{-n}", "(#{v} &&& 0xFF) >= 0",
     "abs(#{v}) == #{abs(n)}", "bxor(#{v}, 5) == #{Bitwise.bxor(n, 5)}", "(#{v} <<< 2) == #{n * 4}"]
  end

  defp facts_of(v, t) when is_tuple(t) and tuple_size(t) > 0 do
    i = :rand.uniform(tuple_size(t)) - 1
    ["elem(#{v}, #{i}) === #{text(elem(t, i))}", "tuple_size(#{v}) == #{tuple_size(t)}", "is_tuple(#{v})",
     "elem(#{v}, #{i} * 1) in [#{text(elem(t, i))}]"]
  end

  defp facts_of(v, [h | rest]), do: ["hd(#{v}) == #{text(h)}", "tl(#{v}) === #{text(rest)}", "is_list(#{v})"]

  defp facts_of(v, t) when is_map(t) and map_size(t) > 0 do
    {k, x} = pick(:maps.to_list(t))
    field = if k in [:a, :b, :c, :__struct__], do: ["#{v}.#{k} === #{text(x)}"], else: []
    struct = if is_map_key(t, :__struct__), do: ["is_struct(#{v}) or is_map(#{v})", "is_struct(#{v}, #{text(t.__struct__)})"], else: []
    ["is_map_key(#{v}, #{text(k)})", ":erlang.map_get(#{text(k)}, #{v}) == #{text(x)}", "map_size(#{v}) > 0"] ++ field ++ struct
  end

  defp facts_of(v, t) when is_binary(t), do: ["byte_size(#{v}) == #{byte_size(t)}", "binary_part(#{v}, 0, 0) == \"\"", "is_binary(#{v})"]
  defp facts_of(v, nil), do: ["is_nil(#{v})", "#{v} in [nil]"]
  defp facts_of(v, t) when is_atom(t), do: ["is_atom(#{v})", "not is_nil(#{v})"]
  defp facts_of(_, _), do: []

  defp any_guard(vars) do
    e = fn -> expr(1, vars) end
    case :rand.uniform(14) do
      n when n < 6 -> "#{e.()} #{pick(~w(== != === !== < > <= >=))} #{e.()}"
      6 -> "#{pick(tests())}(#{e.()})"
      7 -> "#{pick(tests())}(#{e.()})"
      8 -> "#{e.()} #{pick(["in", "not in"])} [#{Enum.join(for(_ <- 1..(:rand.uniform(4) - 1)//1, do: e.()), ", ")}]"
      9 -> "#{e.()} #{pick(["in", "not in"])} #{range(vars)}"
      10 -> "is_struct(#{e.()}, #{pick(["Foo", "Oops", e.()])})"
      11 -> "is_map_key(#{e.()}, #{text(key())})"
      12 -> "not #{e.()} in ~w(ok error a)a"
      13 -> pick(["true", "false"])
      14 -> "#{e.()} in #{pick(["'abc'", "~c\"ab\"", "~w(abc k)"])}"
    end
  end

  defp tests do
    ~w(is_atom is_binary is_bitstring is_boolean is_float is_integer is_list is_map is_number is_tuple is_nil is_struct
       is_exception is_pid is_function)
  end

  defp range(vars) do
    pick(["1..3", "3..1", "-2..2", "0..10//2", "10..0//-3", "1..10//3", "2..2", "3..1//1", "0..97", "#{bound(vars)}..3//2",
          "1..#{bound(vars)}//1", "#{bound(vars)}..#{bound(vars)}//#{bound(vars)}"])
  end

  defp bound(vars), do: pick(vars ++ ["1", "3", "-2"])

  defp expr(0, []), do: text(leaf())
  defp expr(0, vars), do: if(chance(3), do: text(leaf()), else: pick(vars))

  defp expr(d, vars) do
    e = fn -> expr(d - 1, vars) end
    case :rand.uniform(16) do
      1 -> "#{e.()} #{pick(~w(+ - *))} #{e.()}"
      2 -> "(#{e.()} #{pick(~w(+ - * /))} #{e.()})"
      3 -> "#{pick(~w(div rem band bor bxor))}(#{e.()}, #{e.()})"
      4 -> "(#{e.()} #{pick(~w(&&& |||))} #{e.()})"
      5 -> "(#{e.()} #{pick(~w(<<< >>>))} #{:rand.uniform(3)})"
      6 -> "#{pick(~w(hd tl length map_size byte_size bit_size abs round trunc tuple_size floor ceil bnot))}(#{e.()})"
      7 -> "elem(#{e.()}, #{pick(["0", "1", e.()])})"
      8 -> if vars == [], do: e.(), else: "#{pick(vars)}.#{pick(~w(a b __struct__))}"
      9 -> ":erlang.map_get(#{text(key())}, #{e.()})"
      10 -> "{#{e.()}, #{e.()}}"
      11 -> "[#{e.()} | #{e.()}]"
      12 -> "%{a: #{e.()}}"
      13 -> "binary_part(#{e.()}, 0, #{:rand.uniform(3)})"
      _ -> e.()
    end
  end

  # ---- the same arguments with something changed, dropped or added ----

  defp mutate_one(args) do
    i = :rand.uniform(length(args)) - 1
    pick([List.update_at(args, i, &mutate/1), List.update_at(args, i, fn _ -> term(2) end)])
  end

  defp mutate([h | t] = list) do
    case :rand.uniform(5) do
      1 -> t
      2 -> [term(1) | list]
      3 -> [h | mutate(t)]
      _ -> [mutate(h) | t]
    end
  end

  defp mutate(t) when is_tuple(t) and tuple_size(t) > 0 do
    case mutate(Tuple.to_list(t)) do
      list when is_list(list) and length(list) >= 0 -> List.to_tuple(list)
      other -> other
    end
  rescue
    ArgumentError -> t
  end

  defp mutate(t) when is_map(t) and map_size(t) > 0 do
    k = pick(:maps.keys(t))
    pick([Map.delete(t, k), Map.put(t, k, term(1)), Map.put(t, :other, 1)])
  end

  defp mutate(n) when is_integer(n), do: pick([n + 1, n * 1.0, -n, term(1)])
  defp mutate(_), do: term(1)
end

defmodule Oracle.Clauses do
  @moduledoc "The heads and guards of a spec as the clauses of a function that takes the list of the arguments."

  def of(spec) do
    case Code.string_to_quoted!(spec) do
      {:{}, _, [_, _, {:fn, _, clauses}]} -> for({:->, _, [[head], _]} <- clauses, do: split(head))
      quoted -> [call(quoted)]
    end
  end

  defp call({:when, _, [call, guards]}), do: {elem(call(call), 0), guards}
  defp call({{:., _, _}, _, args}), do: {args, true}

  defp split({:when, _, [head, guards]}), do: {head, guards}
  defp split(head), do: {head, true}

  # A module with fun_I(args) for each {I, Clauses}.
  def compile(module, numbered) do
    functions =
      for {i, clauses} <- numbered do
        name = :"fun_#{i}"
        for({head, guards} <- clauses, do: quote(do: def(unquote(name)(unquote(head)) when unquote(guards), do: true))) ++
          [quote(do: def(unquote(name)(_), do: false))]
      end

    Module.create(module, [quote(do: import(Bitwise)) | List.flatten(functions)], Macro.Env.location(__ENV__))
    module
  end
end

defmodule Oracle do
  @batch 50

  def cases(table, seed, count, specs_path, cases_path) do
    :rand.seed(:exsss, {String.to_integer(seed), 2, 3})
    all = Oracle.Table.read(table) ++ for(_ <- 1..String.to_integer(count), do: Oracle.Random.spec())
    File.write!(specs_path, for({spec, _} <- all, do: [spec, "\n"]))
    File.write!(cases_path, :erlang.term_to_binary(for {_, cases} <- all, do: cases))
  end

  def check(specs_path, cases_path, compiled_path) do
    otp = String.to_integer(System.otp_release())
    specs = specs_path |> File.read!() |> String.split("\n", trim: true)
    cases = cases_path |> File.read!() |> :erlang.binary_to_term()
    compiled = compiled_path |> File.read!() |> String.split("\n", trim: true) |> Enum.map(&decode/1)
    unless length(specs) == length(cases) and length(specs) == length(compiled), do: raise("files do not go together")

    {refused, rest} =
      Enum.zip([0..(length(specs) - 1), specs, cases, compiled]) |> Enum.split_with(&match?({_, _, _, {:error, _}}, &1))

    for {_, spec, _, error} <- refused, do: IO.puts("FAILED #{spec}\n    refused: #{inspect(error)}")
    {todo, later} = Enum.split_with(rest, fn {_, _, _, made} -> elem(made, 5) <= otp end)

    results =
      todo
      |> Enum.chunk_every(@batch)
      |> Task.async_stream(&batch/1, timeout: :infinity)
      |> Enum.flat_map(fn {:ok, results} -> results end)

    wrong = for {:wrong, text} <- results, do: IO.puts(text)
    yes = Enum.count(results, &(&1 == true))
    no = Enum.count(results, &(&1 == false))

    IO.puts(
      "OTP #{otp}, Elixir #{System.version()}: #{length(todo)} specs, #{yes} argument lists that match and #{no} that do " <>
        "not; #{length(later)} specs need a later OTP; #{length(wrong) + length(refused)} failed"
    )

    # A generator whose patterns never match, or a node that runs none of them, would prove nothing.
    enough = length(todo) > div(length(specs) * 2, 3) and yes > div(length(todo), 3) and no > div(length(todo), 3)
    unless enough, do: IO.puts("FAILED too few were compared")
    if wrong != [] or refused != [] or not enough, do: System.halt(1)
  end

  # The pids and references of match_specs are those of a node without a name.
  defp decode(hex), do: hex |> Base.decode16!(case: :lower) |> :erlang.binary_to_term()

  defp batch([{first, _, _, _} | _] = batch) do
    module = Module.concat(Oracle, "Batch#{first}")
    Oracle.Clauses.compile(module, for({i, spec, _, _} <- batch, do: {i, Oracle.Clauses.of(spec)}))
    for {i, spec, cases, made} <- batch, {args, expected} <- cases, do: compare(module, i, spec, args, expected, made)
  rescue
    error -> alone(batch, error)
  end

  # Which of them is it?
  defp alone([{_, spec, _, _}], error), do: [{:wrong, "FAILED #{spec}\n    Elixir refuses it: #{Exception.message(error)}"}]
  defp alone(batch, _), do: Enum.flat_map(batch, &batch([&1]))

  defp compare(module, i, spec, args, expected, made) do
    elixir = apply(module, :"fun_#{i}", [args])
    ours = test(args, elem(made, 1))

    if elixir == ours and (expected == nil or expected == elixir) do
      elixir
    else
      {:wrong,
       "FAILED #{spec}\n    #{inspect(args, limit: :infinity)}: Elixir says #{elixir}, the match specification " <>
         "#{inspect(ours)}#{if expected != nil, do: ", the table #{expected}"}\n    #{inspect(elem(made, 1), limit: :infinity)}"}
    end
  end

  defp test(args, match_spec) do
    case :erlang.match_spec_test(args, match_spec, :trace) do
      {:ok, result, _flags, _warnings} -> result != false
      {:error, errors} -> errors
    end
  end
end

case System.argv() do
  ["cases", table, seed, count, specs, cases] -> Oracle.cases(table, seed, count, specs, cases)
  ["check", specs, cases, compiled] -> Oracle.check(specs, cases, compiled)
end

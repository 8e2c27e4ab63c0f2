# Random terms and the text Elixir prints for them: elixir inspect_oracle.exs FILE N SEED.
# A record in FILE: 32-bit length, term_to_binary(t); 32-bit length, inspect(t, limit: :infinity, ...) in UTF-8.

defmodule Plain do
  defstruct [:inspect_a, :inspect_b, :inspect_c]
end

defmodule Shop.Order.V2 do
  defstruct inspect_a: 0
end

defmodule Nothing do
  defstruct []
end

# More fields than a small map has pairs.
defmodule Wide do
  defstruct Enum.map(1..40, &:"inspect_field_#{&1}")
end

defmodule Oops do
  defexception [:message]
end

defmodule Gen do
  @opts [limit: :infinity, printable_limit: :infinity, width: :infinity]

  def main([file, n, seed]) do
    :rand.seed(:exsss, String.to_integer(seed))
    {:ok, fd} = :file.open(file, [:write, :raw, :binary, :delayed_write])
    edges = edges()
    Enum.each(edges, &put_record(fd, &1))
    for _ <- 1..(String.to_integer(n) - length(edges))//1, do: put_record(fd, term(uniform(5)))
    :ok = :file.close(fd)
  end

  defp put_record(fd, t) do
    etf = encode(t)
    text = expected(t)
    :ok = :file.write(fd, [<<byte_size(etf)::32>>, etf, <<byte_size(text)::32>>, text])
  end

  # Old and new forms of the same term.
  defp encode(t) do
    case uniform(4) do
      1 -> :erlang.term_to_binary(t, minor_version: 0)
      2 -> :erlang.term_to_binary(t, minor_version: 1)
      _ -> :erlang.term_to_binary(t)
    end
  end

  # What inspect prints, but for what is not in the term (print.h): the numbers this node has for others, and the names of
  # the functions that funs were made in.
  defp expected(t) do
    Enum.reduce(Enum.uniq(List.flatten(renames(t))), inspect(t, @opts), fn {from, to}, acc ->
      String.replace(acc, from, to)
    end)
  end

  defp renames(t) when is_list(t), do: renames_list(t)
  defp renames(t) when is_tuple(t), do: Enum.map(Tuple.to_list(t), &renames/1)
  defp renames(t) when is_map(t), do: for({k, v} <- :maps.to_list(t), do: [renames(k), renames(v)])
  defp renames(t) when is_pid(t), do: foreign(t, "#PID<", :erlang.pid_to_list(t))
  defp renames(t) when is_port(t), do: foreign(t, "#Port<", :erlang.port_to_list(t))
  defp renames(t) when is_reference(t), do: foreign(t, "#Reference<", :erlang.ref_to_list(t))

  defp renames(t) when is_function(t) do
    text = inspect(t)

    case Function.info(t, :type) do
      {:type, :local} ->
        {:module, m} = Function.info(t, :module)
        [begin, _] = String.split(text, " in ", parts: 2)
        [{text, begin <> " in " <> inspect(m) <> ">"}]

      _ ->
        []
    end
  end

  defp renames(_), do: []

  defp renames_list([h | t]), do: [renames(h) | renames_list(t)]
  defp renames_list([]), do: []
  defp renames_list(t), do: [renames(t)]

  defp foreign(t, prefix, text) when node(t) != node() do
    text = inspect(t) |> tap(fn _ -> text end)
    [_, rest] = String.split(text, ".", parts: 2)
    [{text, prefix <> Atom.to_string(node(t)) <> "." <> rest}]
  end

  defp foreign(_, _, _), do: []

  # ---- terms

  def term(0), do: leaf()

  def term(d) do
    case uniform(13) do
      n when n <= 2 -> List.to_tuple(terms(d - 1, 6))
      3 -> terms(d - 1, 6)
      4 -> improper(terms(d - 1, 4))
      5 -> Map.new(some(7), fn _ -> {term(d - 1), term(d - 1)} end)
      6 -> if d < 3, do: Map.new(some(80), fn _ -> {leaf(), leaf()} end), else: leaf()
      7 -> Enum.map(some(4), fn _ -> {atom(), term(d - 1)} end)
      8 -> Map.new(some(6), fn _ -> {atom(), term(d - 1)} end)
      9 -> if d < 3, do: Map.new(some(60), fn _ -> {atom(), leaf()} end), else: leaf()
      10 -> struct_of(d - 1)
      11 -> Enum.map(some(3), fn _ -> {atom(), term(d - 1)} end) ++ pick([[], [:a], [{:a}], [{1, 2}], {:b, 1}, :tail, ~c"x"])
      _ -> leaf()
    end
  end

  defp terms(d, max), do: Enum.map(some(max), fn _ -> term(d) end)
  defp improper(list), do: list ++ pick([leaf(), []])

  def leaf do
    case uniform(18) do
      n when n <= 3 -> atom()
      n when n <= 5 -> integer()
      n when n <= 7 -> float()
      n when n <= 9 -> binary()
      n when n <= 11 -> charlist()
      12 -> pid()
      13 -> ref()
      14 -> port()
      15 -> fun()
      16 -> time()
      17 -> small_struct()
      18 -> pick([[], {}, %{}, <<>>, ~c"", 0, :"", [[]], {[]}, nil, true, false])
    end
  end

  # ---- structs

  defp struct_of(d) do
    case uniform(14) do
      1 -> %Plain{inspect_a: term(d), inspect_b: term(d), inspect_c: term(d)}
      2 -> %Shop.Order.V2{inspect_a: term(d)}
      3 -> struct(Wide, inspect_field_3: term(d), inspect_field_40: leaf())
      4 -> MapSet.new(terms(d, 6))
      5 -> MapSet.new(some(50), fn _ -> leaf() end)
      6 -> MapSet.new(some(4), fn _ -> {atom(), term(d)} end)
      7 -> %URI{scheme: term(d), host: leaf(), port: leaf(), authority: pick([nil, term(d)])}
      8 -> %Task{mfa: term(d), owner: pid(), pid: pid(), ref: leaf()}
      9 -> %KeyError{key: term(d), term: term(d), message: leaf()}
      10 -> %FunctionClauseError{module: atom(), function: atom(), arity: leaf(), args: term(d)}
      11 -> %{__struct__: atom_of_no_module(), inspect_a: term(d)}
      12 -> Map.put(%{__struct__: pick([1, "x", nil, :lists]), a: term(d)}, term(d), 1)
      13 -> %Stream{enum: term(d), funs: pick([[], [fun()]])}
      14 -> %Oops{message: term(d)}
    end
  end

  defp atom_of_no_module, do: pick([nil, true, :not_there, :"Not There", :"elixir.foo"])

  defp small_struct do
    case uniform(18) do
      1 -> pick([%ArgumentError{}, %RuntimeError{message: binary()}, %CondClauseError{}, %Nothing{}])
      2 -> Range.new(uniform(20) - 10, uniform(20) - 10, pick([1, -1, 2, -3]))
      3 -> Range.new(integer(), integer(), pick([1, -1, integer()]) |> nonzero())
      4 -> Regex.compile!(pick(["a.b", "a/b", "\\/x", "a\\\#{x\#{y", "é\n\t\x01", "\\\\/", "[\"']"]), pick(["", "i", "iu", "sx", "mUf", "u", "s"]))
      5 -> %{~r/x/ | source: binary_text(), opts: pick([[:anchored], [:caseless, {:newline, :crlf}], [:dotall], [:unicode]])}
      6 -> %{~r/x/ | source: unicode_text(), opts: pick([[], [:caseless], [:multiline, :caseless]])}
      7 -> Version.parse!(pick(["1.2.3", "1.2.3-rc.1", "1.0.0+build.5", "2.0.0-a.1+b"]))
      8 -> Version.parse_requirement!(pick(["~> 1.0", ">= 1.0.0 and < 2.0.0", "== 1.2.3"]))
      9 -> URI.parse(pick(["http://user@example.com:8080/a?b=c#d", "/x", "", "mailto:a@b", "https://x"]))
      10 -> %Date.Range{Date.range(date(), date(), pick([1, -1, 2]) ) | step: pick([1, -1, 7])}
      11 -> %Duration{year: small(), month: small(), day: small(), microsecond: pick([{0, 0}, {5, 6}, {0, 3}])}
      12 -> %{date() | calendar: Calendar.ISO, year: pick([10000, -10000, 99999, -9999, -1, 0])}
      13 -> MapSet.new(Enum.to_list(pick([~c"abc", [1, 2, 3], [], [~c"abc", "abc"], [[a: ~c"x"]]])))
      14 -> %{__struct__: Range, first: 1, last: pick([5, -5])}
      15 -> %Inspect.Opts{}
      16 -> %File.Stat{size: 5, type: :regular}
      17 -> %Protocol.UndefinedError{protocol: Enumerable, value: 1}
      18 -> %ErlangError{original: leaf()}
    end
  end

  defp nonzero(0), do: 1
  defp nonzero(n), do: n
  defp small, do: pick([0, 0, 1, -2])

  defp date, do: Date.add(~D[2024-02-29], uniform(2_000_000) - 1_000_000)
  defp clock, do: Time.new!(uniform(24) - 1, uniform(60) - 1, uniform(60) - 1, {uniform(1_000_000) - 1, uniform(7) - 1})

  defp time do
    case uniform(7) do
      1 -> date()
      2 -> clock()
      3 -> NaiveDateTime.new!(date(), clock())
      4 -> DateTime.new!(date(), clock())
      5 -> %{DateTime.new!(date(), clock()) | utc_offset: uniform(50000) - 25000, std_offset: pick([0, 3600]),
             time_zone: pick(["Europe/Berlin", "Etc/UTC"]), zone_abbr: pick(["CET", "UTC"])}
      6 -> %{NaiveDateTime.new!(date(), clock()) | year: pick([10000, -10001, 123_456])}
      7 -> %{DateTime.new!(date(), clock()) | year: pick([10000, -10001])}
    end
  end

  # ---- leaves

  defp uniform(n), do: :rand.uniform(n)
  defp pick(list), do: Enum.at(list, uniform(length(list)) - 1)
  defp some(max), do: Enum.to_list(1..(uniform(max) - 1)//1)
  defp chars(fun, n), do: Enum.map(1..n//1, fn _ -> fun.() end)

  def atom do
    case uniform(8) do
      1 -> pick(operators())
      2 -> List.to_atom(chars(&name_char/0, uniform(12)) ++ pick([[], [], ~c"?", ~c"!", ~c"?x"]))
      3 -> List.to_atom(chars(&char/0, uniform(6) - 1))
      4 -> List.to_atom([pick(~c"az_@A0ß÷ÿ" ++ [0xE0, 0x17F]) | chars(&name_char/0, uniform(3) - 1)])
      5 -> pick([:ok, :error, true, false, nil, :undefined, Enum, MyApp.Cart, :"hello world", :a@b, :привет, :é, :"Été", :日本])
      6 -> List.to_atom(chars(&latin1/0, uniform(5)))
      7 -> List.to_atom(pick([~c"Elixir", ~c"Elixir.", ~c"Elixir.Elixir", ~c"Elixir.Elixir.", ~c"elixir.", ~c""]) ++ chars(&alias_char/0, uniform(7) - 1))
      8 -> List.to_atom(chars(&letter/0, uniform(6)))
    end
  end

  defp operators do
    [:!, :!=, :!==, :&, :&&, :&&&, :*, :**, :+, :++, :+++, :-, :--, :---, :/, :<, :<-, :<<<, :<<~, :<=, :<>, :<~, :<~>, :=,
     :==, :===, :=~, :>, :>=, :>>>, :@, :\\, :^, :|, :|>, :||, :|||, :~>, :~>>, :"::", :"^^^", :"~~~", :"<|>", :%, :%{}, :{},
     :<<>>, :..., :.., :., :"..//", :->, :"=>", :"//", :",", :";", :"(", :")", :"[]", :":", :"~", :"#", :"&1", :"$", :"?", :and,
     :or, :not, :in, :when, :do, :end, :fn, :true, :catch, :_, :__MODULE__, :"\#{", :"a\#{b", :"\"", :"\\x", :"1a", :"a b"]
  end

  defp integer do
    sign = pick([1, -1])

    case uniform(5) do
      1 -> uniform(300) - 20
      2 -> sign * uniform(Bitwise.bsl(1, 32))
      3 -> sign * (Bitwise.bsl(1, pick([7, 8, 27, 28, 31, 32, 59, 60, 63, 64, 128])) + uniform(3) - 2)
      4 -> sign * :binary.decode_unsigned(:rand.bytes(uniform(40)))
      5 -> sign * Integer.pow(10, uniform(60)) + uniform(3) - 2
    end
  end

  defp float do
    case uniform(8) do
      n when n <= 2 -> bits_float(:rand.bytes(8))
      3 -> (uniform(2_000_000) - 1_000_000) / pick([1, 10, 100, 1000, 1024])
      4 -> String.to_float("#{uniform(99)}.#{uniform(999)}e#{uniform(60) - 30}")
      5 -> :rand.uniform() * pick([1.0, 1.0e-3, 1.0e10, 1.0e15])
      6 -> (Bitwise.bsl(1, 53) + uniform(9) - 5) * pick([1.0, 0.1, 10.0, 100.0, -1.0])
      7 -> pick([0.0, -0.0, 1.0, 5.0e-324, 1.7976931348623157e308, 0.1, 1.0e-4, 1.0e-5, 1.0e15, 1.0e16, 9_999_999_999_999_998.0,
                 -1.0e16, 1.0e22, 1.0e23, 9_007_199_254_740_992.0, 123_456_789_012_345_680.0, 0.3, 2.0e-3, 1.0e3, 12.0])
      8 -> <<f::float>> = <<0::1, uniform(2046)::11, 0::52>>; f
    end
  end

  defp bits_float(<<f::float>>), do: f
  defp bits_float(_), do: 0.5

  defp binary do
    case uniform(8) do
      1 -> :rand.bytes(uniform(20) - 1)
      2 -> b = :rand.bytes(uniform(5)); s = uniform(8 * byte_size(b)); <<x::bitstring-size(s), _::bitstring>> = b; x
      3 -> List.to_string(chars(&char/0, uniform(10)))
      4 -> unicode_text()
      5 -> :erlang.list_to_binary(chars(&latin1/0, uniform(40)))
      6 -> List.to_string(chars(&odd/0, uniform(20)))
      7 -> binary_text()
      8 -> unicode_text() <> pick([<<0xEF, 0xBF, 0xBE>>, <<0xED, 0xA0, 0x80>>, <<0xC3>>, <<0xF4, 0x90, 0x80, 0x80>>, <<0xC2, 0x85>>,
                                   <<127>>, <<0>>, <<0xC0, 0x80>>, <<0xF0, 0x9F, 0x98, 0x80>>, "\#{x}", "#"])
    end
  end

  defp binary_text, do: :erlang.list_to_binary(chars(&ascii/0, uniform(80)))
  defp unicode_text, do: List.to_string(chars(&printable/0, uniform(60)))

  defp charlist do
    case uniform(6) do
      1 -> chars(&ascii/0, uniform(40))
      2 -> chars(&printable/0, uniform(20))
      3 -> chars(&latin1/0, uniform(6))
      4 -> chars(&ascii/0, uniform(5)) ++ [pick([-1, 0xD800, 0x110000, :a, 127, 1.0, [], 7, 6, 14, 27])]
      5 -> chars(fn -> uniform(256) - 1 end, uniform(30))
      6 -> chars(&ascii/0, uniform(5)) ++ pick([:a, 98, "tail", {}, ~c"\#{x"])
    end
  end

  defp ascii, do: pick([uniform(95) + 31, uniform(26) + 96, pick(~c"\a\b\t\n\v\f\r\e\"\\'\#{")])
  defp latin1, do: uniform(256) - 1
  defp letter, do: pick([uniform(26) + 96, uniform(26) + 64, 0xC0 + uniform(60), 0x3B0 + uniform(25), 0x430 + uniform(30), 0x4E00 + uniform(100), 0x300 + uniform(20), ?_, 0x5D0 + uniform(20), 0xB5, 0x1F00 + uniform(100)])
  defp printable, do: pick([ascii(), uniform(96) + 159, 0x400 + uniform(200), 0x1F600, 0x20AC, 0x10FFFF])
  # spaces, marks without width, directions and their neighbours
  defp odd, do: pick([0xA0, 0x34F, 0x61C, 0x1FFF + uniform(0x72), 0xFEFE + uniform(3), 0xFFF7 + uniform(6), 0x1FFFE, 0xE000, 0xFFFD])
  defp name_char, do: pick([uniform(26) + 96, uniform(26) + 64, uniform(10) + 47, ?_, ?@])
  defp alias_char, do: pick([?., ?A, ?B, ?a, ?_, ?1, ?., ?É])

  defp char do
    case pick([printable(), latin1(), uniform(0x10FFFF), odd()]) do
      c when c in 0xD800..0xDFFF -> ?s
      c -> c
    end
  end

  # ---- what belongs to a node

  defp node_name, do: pick([:a@b, :"app-1@10.0.0.5", node(), node(), node(), node()])

  defp pid do
    name = node_name()
    id_term(name, [88, atom_ext(name), <<uniform(32768) - 1::32, uniform(8192) - 1::32>>])
  end

  defp port do
    name = node_name()
    id_term(name, [89, atom_ext(name), <<uniform(Bitwise.bsl(1, 28)) - 1::32>>])
  end

  defp ref do
    case node_name() do
      name when name == node() -> make_ref()
      name ->
        n = uniform(5)
        words = for _ <- 1..n, into: <<>>, do: <<uniform(Bitwise.bsl(1, 18)) - 1::32>>
        :erlang.binary_to_term(IO.iodata_to_binary([131, 90, <<n::16>>, atom_ext(name), <<77::32>>, words]))
    end
  end

  defp id_term(name, bytes) do
    creation = if name == node(), do: 0, else: 77
    :erlang.binary_to_term(IO.iodata_to_binary([131, bytes, <<creation::32>>]))
  end

  defp atom_ext(name) do
    utf8 = Atom.to_string(name)
    [119, byte_size(utf8), utf8]
  end

  defp fun do
    case uniform(5) do
      1 -> x = 5; y = self(); pick([fn -> x end, fn z -> {y, z} end])
      2 -> &Gen.main/1
      3 -> Function.capture(atom(), atom(), uniform(5))
      4 -> Function.capture(pick([:lists, Enum]), pick([:map, :+, :"a b", :Map]), 2)
      5 -> :erlang.binary_to_term(<<131, 112, 0, 0, 0, 0x42, 1, 0::128, 3::32, 0::32, 119, 5, "other", 97, 3, 97, 200, 88, 119, 13,
                                    "nonode@nohost", 1::32, 0::32, 0::32>>)
    end
  end

  # ---- terms chance would not find

  defp edges do
    big = Map.new(1..33, &{&1, &1})

    for(n <- [31, 32, 33, 34, 100, 5000], do: Map.new(1..n, &{&1, &1})) ++
      for(n <- [31, 32, 33, 34, 100], do: Map.new(1..n, &{:"inspect_key_#{&1}", &1})) ++
      for(n <- [31, 32, 33, 34, 100], do: MapSet.new(1..n)) ++
      [%{x: big, y: %{big => big}}, Map.put(big, big, big), :binary.decode_unsigned(:rand.bytes(2000)),
       Enum.reduce(1..3000, :x, fn _, a -> [a] end), Enum.reduce(1..3000, "x", fn _, a -> {a} end),
       Enum.reduce(1..200, "x", fn _, a -> [k: a] end), Enum.reduce(1..200, "x", fn _, a -> %{k: a} end),
       Enum.reduce(1..200, 1, fn _, a -> MapSet.new([a]) end), Enum.reduce(1..200, 1, fn _, a -> %Plain{inspect_b: a} end),
       Enum.to_list(1..70000), List.duplicate(?a, 70000), Enum.to_list(1000..9000), List.to_tuple(Enum.to_list(1..300)),
       :binary.copy(<<1>>, 70000), %{1 => :a, 1.0 => :b, 2 => :c}, [:a | ~c"bc"], [97 | :b], %Wide{},
       "\x7f", "\u0080", "\u00a0", [0], [-1], ~c"\e[31m", "\e[31m", :"\e[31m", ~c"a\#{b}", ~c"a#", "a\#{b}", "#", "a#"] ++
      operators() ++ Enum.map(operators(), &[{&1, 1}]) ++ Enum.map(operators(), &%{&1 => 1}) ++
      Enum.map(operators(), &Function.capture(&1, &1, 1)) ++
      for(e <- -320..308, do: :erlang.list_to_float(~c"1.0e" ++ Integer.to_charlist(e))) ++
      for(d <- 1..16, e <- -8..22, do: :erlang.list_to_float(Enum.take(~c"1.2345678901234567", d + 2) ++ ~c"e" ++ Integer.to_charlist(e)))
  end
end

Gen.main(System.argv())

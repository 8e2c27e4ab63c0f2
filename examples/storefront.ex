# storefront.ex - a web front for the example shop, to try beamtap on Elixir: requests come all day, each in a process of its own.
#
#   elixirc -o DIR examples/storefront.ex        the modules
#   Storefront.start()                           starts it (from Erlang: 'Elixir.Storefront':start())
#
# Plug.Conn and Ecto.Adapters.Postgres.Connection stand in for those of Plug and Ecto, so that nothing needs to be fetched: same
# names, same arguments, no socket and no database. What is worth a look (see doc/COOKBOOK.md):
#   StorefrontWeb.OrderController.index/2   slow: it asks the database once for each order
#   StorefrontWeb.OrderController.show/2    raises for an order that is not there
#   Storefront.Report                       a named process that asks for something else

defmodule Plug.Conn do
  defstruct method: "GET", request_path: "/", params: %{}, assigns: %{}, status: nil, resp_body: nil
end

defmodule Ecto.Adapters.Postgres.Connection do
  @doc "As Ecto calls it: the statement, and the values of its $1, $2, ..."
  def prepare_execute(conn, _name, statement, params, _opts) do
    Process.sleep(1)
    {:ok, %{statement: statement, ref: conn}, rows(statement, params)}
  end

  defp rows("SELECT id FROM orders" <> _, [customer]), do: for(n <- 1..12, do: [customer * 100 + n])
  defp rows("SELECT * FROM orders" <> _, [id]) when rem(id, 10) == 0, do: []
  defp rows("SELECT * FROM orders" <> _, [id]), do: [[id, div(id, 100), id * 7]]
  defp rows("SELECT sum" <> _, _), do: [[4711]]
end

defmodule Storefront.Order do
  defstruct [:id, :customer, :total]
end

defmodule Storefront.NotFound do
  defexception [:id]
  def message(e), do: "no order #{e.id}"
end

defmodule Storefront.Repo do
  alias Ecto.Adapters.Postgres.Connection

  def query(statement, params) do
    {:ok, _query, rows} = Connection.prepare_execute(:pool, "", statement, params, timeout: 15_000)
    rows
  end

  def get!(Storefront.Order, id) do
    case query("SELECT * FROM orders WHERE id = $1", [id]) do
      [[id, customer, total]] -> %Storefront.Order{id: id, customer: customer, total: total}
      [] -> raise Storefront.NotFound, id: id
    end
  end
end

defmodule StorefrontWeb.OrderController do
  alias Storefront.{Order, Repo}

  def index(conn, %{"customer" => customer}) do
    ids = Repo.query("SELECT id FROM orders WHERE customer = $1", [customer])
    orders = for [id] <- ids, rem(id, 10) != 0, do: Repo.get!(Order, id)
    %{conn | status: 200, resp_body: orders}
  end

  def show(conn, %{"id" => id}) do
    order = Repo.get!(Order, String.to_integer(id))
    %{conn | status: 200, resp_body: order}
  end
end

defmodule Storefront.Report do
  @doc "A process that is registered by this name, and asks for one number again and again."
  def start_link do
    {:ok, spawn_link(fn -> begin() end)}
  end

  defp begin do
    Process.register(self(), __MODULE__)
    loop()
  end

  defp loop do
    Storefront.Repo.query("SELECT sum(total) FROM orders", [])
    Process.sleep(20)
    loop()
  end
end

defmodule Storefront do
  @doc "About 60 requests a second: one in three is for a list, one in fifteen for an order that is not there."
  def start do
    {:ok, _} = Storefront.Report.start_link()
    {:ok, spawn_link(fn -> serve(1) end)}
  end

  defp serve(n) do
    spawn(fn -> request(n) end)
    Process.sleep(15)
    serve(n + 1)
  end

  # A customer who does not wait for an answer.
  defp request(n) when rem(n, 20) == 0, do: exit({:shutdown, :closed})

  defp request(n) when rem(n, 3) == 0 do
    dispatch(:index, %Plug.Conn{request_path: "/orders"}, %{"customer" => rem(n, 50) + 1})
  end

  defp request(n) do
    id = Integer.to_string(100 + rem(n, 90))
    dispatch(:show, %Plug.Conn{request_path: "/orders/" <> id}, %{"id" => id})
  end

  # The controller is called by what the router says, and what it raises becomes a status.
  defp dispatch(action, conn, params) do
    apply(StorefrontWeb.OrderController, action, [%{conn | params: params}, params])
  rescue
    _ in Storefront.NotFound -> %{conn | status: 404}
  end
end

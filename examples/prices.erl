%% prices - the hot function of the example shop: a price for an article number.
-module(prices).
-export([new/1, article/1, lookup/2]).

new(N) -> maps:from_list([{article(I), I * 7 rem 1000 + 99} || I <- lists:seq(1, N)]).

%% Seven digits and more, so that no list of them prints as a string.
article(I) -> 4000000 + I.

lookup(Article, Prices) -> maps:get(Article, Prices).

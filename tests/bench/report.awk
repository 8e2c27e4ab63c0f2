# report.awk - the table (as=table) or JSON (as=json) of a run. Input, separated by tabs: what the run was (NAME VALUE), goals.txt,
# samples (ROW TOOL VALUE), notes (ROW TOOL TEXT).

FNR == 1 { file++ }
file == 1 { about[$1] = $2; about_order[++n_about] = $1; next }
file == 2 && $1 == "row" { rows[++n_rows] = $2; unit[$2] = $3; better[$2] = $4; title[$2] = $5; next }
file == 2 && $1 == "goal" { n = ++n_goals[$2]; how[$2, n] = $3; peer[$2, n] = $4; op[$2, n] = $5; want[$2, n] = $6; says[$2, n] = $7; next }
file == 2 { next }
file == 3 {
    if (!(($1, $2) in seen)) { seen[$1, $2] = 1; tools[$1, ++n_tools[$1]] = $2; count[$1, $2] = 0; values[$1, $2] = "" }
    if ($3 == "-") { missing[$1, $2]++; next }
    v[$1, $2, ++count[$1, $2]] = $3 + 0
    next
}
file == 4 { notes[$1, $2] = $3 }

function sort_values(row, tool,    i, j, t) {
    for (i = 2; i <= count[row, tool]; i++)
        for (j = i; j > 1 && v[row, tool, j - 1] > v[row, tool, j]; j--) {
            t = v[row, tool, j]; v[row, tool, j] = v[row, tool, j - 1]; v[row, tool, j - 1] = t
        }
}

function median(row, tool,    n) {
    n = count[row, tool]
    return n % 2 ? v[row, tool, (n + 1) / 2] : (v[row, tool, n / 2] + v[row, tool, n / 2 + 1]) / 2
}

# 1234567 as 1,234,567; small numbers with the digits that say something
function pretty(x,    s, out) {
    if (x < 0) return "-" pretty(-x)
    if (x < 10) return sprintf("%.2f", x)
    if (x < 1000) return sprintf("%.1f", x)
    s = sprintf("%.0f", x); out = ""
    while (length(s) > 3) { out = "," substr(s, length(s) - 2) out; s = substr(s, 1, length(s) - 3) }
    return s out
}

# How many times better beamtap is than the tool; "" where that cannot be said.
function times_better(row, tool,    a, b) {
    if (tool == "beamtap" || !count[row, tool] || !count[row, "beamtap"]) return ""
    a = median(row, "beamtap"); b = median(row, tool)
    if (a <= 0 || b <= 0) return ""
    return better[row] == "more" ? a / b : b / a
}

# What a goal measured; "" when it was not.
function measured(row, n,    p) {
    if (!count[row, "beamtap"]) return ""
    if (how[row, n] == "is") return median(row, "beamtap")
    p = peer[row, n]
    return count[row, p] && median(row, p) > 0 ? median(row, "beamtap") / median(row, p) : ""
}

function verdict(row, n,    m) {
    m = measured(row, n)
    if (m == "") return "not measured"
    return (op[row, n] == ">=" ? m >= want[row, n] : m <= want[row, n]) ? "pass" : "FAIL"
}

function table(    r, row, i, tool, x, m) {
    printf "%s, %s run of %s s, %s times each; OTP %s, %s schedulers; %s, %s cores; load %s before, %s afterwards\n", about["version"],
        about["mode"], about["seconds"], about["runs"], about["otp"], about["schedulers"], about["cpu"], about["cores"],
        about["load_before"], about["load_after"]
    for (r = 1; r <= n_rows; r++) {
        row = rows[r]
        printf "\n%s: %s [%s, %s is better]\n", row, title[row], unit[row], better[row]
        for (i = 1; i <= n_tools[row]; i++) {
            tool = tools[row, i]
            if (count[row, tool])
                printf "    %-12s %12s  (%s .. %s)", tool, pretty(median(row, tool)), pretty(v[row, tool, 1]), pretty(v[row, tool, count[row, tool]])
            else
                printf "    %-12s %12s", tool, "-"
            x = times_better(row, tool)
            if (x != "") printf "  beamtap is %s x as good", pretty(x)
            if (notes[row, tool] != "") printf "  [%s]", notes[row, tool]
            printf "\n"
        }
        for (i = 1; i <= n_goals[row]; i++) {
            m = measured(row, i)
            printf "    goal %s %-28s %-12s", op[row, i], says[row, i], verdict(row, i)
            if (m != "") printf " %s%s", pretty(m), how[row, i] == "of" ? " x" : ""
            printf "\n"
        }
    }
}

function quoted(s) {
    gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/[\001-\037]/, " ", s)
    return "\"" s "\""
}

# An object on each line, so that grep finds things too.
function json(    r, row, i, j, tool, m, sep) {
    printf "{\"about\": {"
    for (i = 1; i <= n_about; i++) printf "%s%s: %s", (i > 1 ? ", " : ""), quoted(about_order[i]), quoted(about[about_order[i]])
    printf "},\n\"rows\": ["
    sep = "\n"
    for (r = 1; r <= n_rows; r++) {
        row = rows[r]
        for (i = 1; i <= n_tools[row]; i++) {
            tool = tools[row, i]
            printf "%s{\"row\": %s, \"tool\": %s, \"unit\": %s, \"values\": [", sep, quoted(row), quoted(tool), quoted(unit[row])
            for (j = 1; j <= count[row, tool]; j++) printf "%s%s", (j > 1 ? ", " : ""), v[row, tool, j]
            printf "], \"median\": %s, \"note\": %s}", count[row, tool] ? median(row, tool) : "null", quoted(notes[row, tool])
            sep = ",\n"
        }
    }
    printf "\n],\n\"goals\": ["
    sep = "\n"
    for (r = 1; r <= n_rows; r++)
        for (i = 1; i <= n_goals[rows[r]]; i++) {
            row = rows[r]; m = measured(row, i)
            printf "%s{\"row\": %s, \"goal\": %s, \"compared_with\": %s, \"measured\": %s, \"result\": %s}", sep, quoted(row),
                quoted(op[row, i] " " says[row, i]), how[row, i] == "of" ? quoted(peer[row, i]) : "null", m == "" ? "null" : m,
                quoted(tolower(verdict(row, i)))
            sep = ",\n"
        }
    printf "\n]}\n"
}

END {
    for (r = 1; r <= n_rows; r++)
        for (i = 1; i <= n_tools[rows[r]]; i++)
            sort_values(rows[r], tools[rows[r], i])
    if (as == "json") { json(); exit 0 }
    table()
    for (r = 1; r <= n_rows; r++)
        if (n_tools[rows[r]] && missing[rows[r], "beamtap"]) exit 1
}

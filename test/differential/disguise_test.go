package differential

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// disguise says the same in another form, or means to: with definitions, iterators, conditions, included
// files, other line ends, other places of braces and comments.
func disguise(r *rand.Rand, text string) sample {
	d := &disguiser{Rand: r, s: sample{mainFile: text}}
	if !strings.HasSuffix(text, "\n") {
		d.s[mainFile] += "\n"
	}
	for range 1 + d.IntN(4) {
		pick(r, []func(*disguiser){
			(*disguiser).define, (*disguiser).define, (*disguiser).defineLines, (*disguiser).repeat, (*disguiser).list, (*disguiser).condition,
			(*disguiser).include, (*disguiser).include, (*disguiser).braces, (*disguiser).comment, (*disguiser).blanks, (*disguiser).template,
		})(d)
	}
	if d.IntN(8) == 0 {
		d.s[mainFile] = strings.ReplaceAll(d.s[mainFile], "\n", "\r\n")
	}
	if d.IntN(8) == 0 {
		d.s[mainFile] = strings.TrimRight(d.s[mainFile], "\r\n")
	}
	return d.s
}

type disguiser struct {
	*rand.Rand
	s    sample
	made int
}

func (d *disguiser) name() string {
	d.made++
	return fmt.Sprintf("N%d", d.made)
}

func (d *disguiser) lines() []string { return strings.SplitAfter(d.s[mainFile], "\n") }

func (d *disguiser) set(lines ...string) { d.s[mainFile] = strings.Join(lines, "") }

// run is some lines in which all braces have their partners.
func (d *disguiser) run() (from, to int, lines []string) {
	lines = d.lines()
	from = d.IntN(len(lines))
	depth := 0
	for to = from; to < len(lines) && to < from+40; to++ {
		depth += strings.Count(lines[to], "{") - strings.Count(lines[to], "}")
		if depth < 0 {
			break
		}
		if depth == 0 && d.IntN(3) == 0 {
			return from, to + 1, lines
		}
	}
	if depth != 0 {
		return from, from, lines
	}
	return from, to, lines
}

var lastWord = regexp.MustCompile(`[ \t]([\w./:-]+)\r?\n`)

// define gives a value a name, and perhaps the name another.
func (d *disguiser) define() {
	text := d.s[mainFile]
	found := lastWord.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 {
		return
	}
	at, name := pick(d.Rand, found), d.name()
	value := text[at[2]:at[3]]
	definition := fmt.Sprintf("$%s=%s\n", name, value)
	if d.IntN(3) == 0 {
		inner := d.name()
		definition = pick(d.Rand, []string{
			fmt.Sprintf("$%s=%s\n$%s=$%s\n", inner, value, name, inner),
			fmt.Sprintf("$%s=${%s}\n$%s=%s\n", name, inner, inner, value),
			fmt.Sprintf("@there $%s=wrong\n@here $%s=%s\n", name, name, value),
			fmt.Sprintf("$%s=wrong\n@^there $%s=%s # right\n", name, name, value),
		})
	}
	use := pick(d.Rand, []string{"$%s", "${%s}", "\"${%s}\"", "$%s # x"})
	d.s[mainFile] = definition + text[:at[2]] + fmt.Sprintf(use, name) + text[at[3]:]
}

// defineLines gives lines a name.
func (d *disguiser) defineLines() {
	from, to, lines := d.run()
	if from == to {
		return
	}
	name := d.name()
	use := pick(d.Rand, []string{"$" + name + "\n", "    ${" + name + "}\n"})
	rest := append([]string{use}, lines[to:]...)
	d.set(append(append([]string{multiline(d.Rand, name, lines[from:to])}, lines[:from]...), rest...)...)
}

// multiline is a definition of several lines.
func multiline(r *rand.Rand, name string, lines []string) string {
	out := "$" + name + "=" + pick(r, []string{"", " "}) + "\\\n"
	for i, line := range lines {
		plain, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "#")
		if strings.TrimSpace(plain) == "" {
			plain = "# nothing"
		}
		if i < len(lines)-1 {
			plain += " \\"
		}
		out += plain + "\n"
	}
	return out + "\n"
}

var vrid = regexp.MustCompile(`virtual_router_id[ \t]+\d+`)

// repeat makes instances out of one.
func (d *disguiser) repeat() {
	lines := d.lines()
	for from, line := range lines {
		if !strings.HasPrefix(line, "vrrp_instance ") {
			continue
		}
		to, depth := from, 0
		for ; to < len(lines); to++ {
			depth += strings.Count(lines[to], "{") - strings.Count(lines[to], "}")
			if depth <= 0 {
				break
			}
		}
		if to >= len(lines) {
			return
		}
		name := d.name()
		body := multiline(d.Rand, name, append([]string{"vrrp_instance R$i {\n"}, lines[from+1:to+1]...))
		body = vrid.ReplaceAllString(body, "virtual_router_id "+pick(d.Rand, []string{"$i", "${i}", "1$i"}))
		use := pick(d.Rand, []string{"~SEQ(i, 1, 3) $%s\n", "~SEQ(i, 3, -1, 2) ${%s}\n", "@here ~SEQ(i,2)$%s\n", "~LST(i, 7, 9) $%s\n", "~SEQ(j,1) ~SEQ(i,2) $%s\n"})
		head := append(append([]string{}, lines[:from]...), body, fmt.Sprintf(use, name))
		d.set(append(head, lines[to+1:]...)...)
		return
	}
}

// list adds addresses by an iterator.
func (d *disguiser) list() {
	d.s[mainFile] = strings.Replace(d.s[mainFile], "virtual_ipaddress {\n", "virtual_ipaddress {\n"+pick(d.Rand, []string{
		"~SEQ(a, 1, 3) 10.9.7.$a/24\n", "~SEQ(a, 1, 3) 10.9.7.${a}\n", "~LST(a, 10.9.8.1, 10.9.8.2) $a/24 dev eth0\n", "~LST({a, b}, {10.9.8.1,eth0}, {10.9.8.2,eth1}) ${a}/24 dev $b\n",
		"~SEQx(a, 9, 11) 10.9.7.1$a\n", "~SEQ(a,0x10,0x11) 10.9.6.$a # x\n", "~SEQ(a, 0)10.9.7.1$a\n", "@there 10.9.1\n", "@here 10.9.6.6 dev eth1\n",
	}), 1)
}

// condition guards lines by the name of this machine, or adds some for another.
func (d *disguiser) condition() {
	lines := d.lines()
	at := d.IntN(len(lines))
	switch d.IntN(3) {
	case 0:
		lines[at] = pick(d.Rand, []string{"@here ", "@^there ", "  @here\t"}) + lines[at]
	case 1:
		lines[at] = pick(d.Rand, []string{"@there ", "@^here "}) + pick(d.Rand, []string{"nonsense", "{", "}", "\"", "$X=5", "~SEQ(i,5) x", "include nothing", "priority"}) + "\n" + lines[at]
	default:
		lines[at] = pick(d.Rand, []string{"@there", "@^here", "@here", "@here # x"}) + "\n" + lines[at]
	}
	d.set(lines...)
}

// include moves lines to another file, which may move some to a third.
func (d *disguiser) include() {
	from, to, lines := d.run()
	if d.IntN(4) == 0 {
		to = min(from+d.IntN(9), len(lines))
	}
	name := strings.ToLower(d.name())
	how := pick(d.Rand, []string{"include %s.conf", "include %s*", "include ./%s.conf", "  includea  %s.conf  # x", "include {%s}.conf", "include sub/%s.conf", "include sub/%s*"})
	file := name + ".conf"
	if strings.Contains(how, "sub/") {
		file = "sub/" + file
	}
	d.s[file] = strings.Join(lines[from:to], "")
	if d.IntN(3) == 0 && to > from {
		d.s[file[:len(file)-5]+"_inner"] = d.s[file]
		d.s[file] = "# more\ninclude " + name + "_inner"
		how = strings.Replace(how, "%s*", "%s.*", 1)
	}
	rest := append([]string{fmt.Sprintf(how, name) + "\n"}, lines[to:]...)
	d.set(append(append([]string{}, lines[:from]...), rest...)...)
}

// braces puts some of them elsewhere.
func (d *disguiser) braces() {
	for from, to := range map[string]string{" {\n": "\n{\n", "}\n": "}", "{\n": "{ ", "\n}": " }"} {
		if d.IntN(2) == 0 {
			for range d.IntN(6) {
				d.s[mainFile] = replaceOne(d.Rand, d.s[mainFile], regexp.QuoteMeta(from), to)
			}
		}
	}
}

// comment adds some with characters that mean something elsewhere.
func (d *disguiser) comment() {
	lines := d.lines()
	for range 1 + d.IntN(4) {
		at := d.IntN(len(lines))
		c := pick(d.Rand, []string{"# x", "! x", "# don't", "# a \"b", "#{", "# }", "#@here", "! $X", "# ${", "#", "!", "# ~SEQ(", "#\"", "# é", "#\t"})
		lines[at] = strings.TrimRight(lines[at], "\r\n") + pick(d.Rand, []string{" ", "", "\t"}) + c + "\n"
	}
	d.set(lines...)
}

// blanks adds some, and lines of nothing else.
func (d *disguiser) blanks() {
	lines := d.lines()
	for range 1 + d.IntN(6) {
		at := d.IntN(len(lines))
		line := strings.TrimRight(lines[at], "\r\n")
		lines[at] = pick(d.Rand, []string{" ", "\t", "\t \t", "\n\n", "  \n"}) + strings.Replace(line, " ", pick(d.Rand, []string{"  ", "\t", " \t "}), 1) + pick(d.Rand, []string{" ", "\t", "\r", "\f", "\v", ""}) + "\n"
	}
	d.set(lines...)
}

// template leaves what a template engine should have replaced.
func (d *disguiser) template() {
	if d.IntN(3) > 0 {
		return
	}
	lines := d.lines()
	at := d.IntN(len(lines))
	lines[at] = pick(d.Rand, []string{"# {{ x }}\n", "router_id ${HOST}\n", "#!jinja\n", "{# x #}\n", "%VIP%\n", "<VIP>\n", "$VIP\n", "${VIP}\n", "auth_pass $(cat x)\n", "priority $PRIO\n"}) + lines[at]
	d.set(lines...)
}

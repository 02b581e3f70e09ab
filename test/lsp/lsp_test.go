// Package lsp edits keepalived.conf in Neovim, as its users do, with govrrpd as the language server.
//
// The editor is Debian's, without a terminal; its configuration is what docs/EDITORS.md tells people to
// write. Each test is a script of what somebody does in it. What single messages mean is left to package
// internal/lsp, whose tests speak the protocol themselves.
package lsp

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/test/peers"
)

// patience bounds one session with the editor; waits within it end earlier.
const patience = time.Minute

// binaries is the folder of the program under test, which is in the editor's PATH.
var binaries = filepath.Join(os.TempDir(), fmt.Sprintf("govrrpd-lsp-%d", os.Getpid()))

func TestMain(m *testing.M) {
	build := exec.Command("go", "build", "-o", filepath.Join(binaries, "govrrpd"), "../../cmd/govrrpd")
	if text, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "test/lsp: build govrrpd: %v\n%s", err, text)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(binaries)
	os.Exit(code)
}

// documented is the configuration for old versions of Neovim that docs/EDITORS.md has.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/EDITORS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, behind, _ := strings.Cut(string(page), "Older versions")
	_, code, _ := strings.Cut(behind, "```lua\n")
	code, _, found := strings.Cut(code, "```")
	if !found {
		t.Fatal("docs/EDITORS.md has no configuration for older versions of Neovim")
	}
	return code
}

// edit opens keepalived.conf in the editor, does what the Lua script says, and returns what it said.
func edit(t *testing.T, files map[string]string, script string) []string {
	t.Helper()
	editor := peers.Need(t, "nvim")
	dir := t.TempDir()
	helpers, err := os.ReadFile("testdata/helpers.lua")
	if err != nil {
		t.Fatal(err)
	}
	files["init.lua"], files["script.lua"] = documented(t), string(helpers)+"\nrun(function()\n"+script+"\nend)\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, editor.Path, "--headless", "-i", "NONE", "-n", "-u", "init.lua", "keepalived.conf", "-S", "script.lua")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), editor.Env...)
	cmd.Env = append(cmd.Env, "PATH="+binaries+":"+os.Getenv("PATH"), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir,
		"XDG_STATE_HOME="+dir, "XDG_CACHE_HOME="+dir)
	var messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &messages, &messages
	if err := cmd.Run(); err != nil {
		t.Fatalf("the editor ends with %v and says:\n%s", err, messages.String())
	}
	said, err := os.ReadFile(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatalf("%v; the editor says:\n%s", err, messages.String())
	}
	return strings.Split(strings.TrimSuffix(string(said), "\n"), "\n")
}

const config = `vrrp_script chk {
    script /usr/bin/true
    interval 2
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    track_script {
        chk
    }
    virtual_ipaddress {
        192.0.2.10/24
    }
}
vrrp_instance VI_2 {
    interface eth1
    virtual_router_id 52
    priority 100
    virtual_ipaddress {
        198.51.100.10/24
    }
}
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
}
`

func TestNeovim(t *testing.T) {
	misspelt := strings.Replace(config, "    priority", "    prioritty", 1)
	for _, c := range []struct {
		name, text, script string
		want               []string
	}{
		{"ShowsFindings", misspelt, `
			wait("a finding", function() return #errors() == 1 end)
			say(errors()[1])
			type_over("prioritty", "priority")
			wait("no finding", function() return #errors() == 0 end)
			say("mended")`,
			[]string{`8: unknown keyword "prioritty" in vrrp_instance`, "mended"}},
		{"MendsByQuickFix", misspelt, `
			wait("a finding", function() return #errors() == 1 end)
			at("prioritty")
			choose_first()
			vim.lsp.buf.code_action()
			wait("the fix", function() return contains("    priority 100") end)
			wait("no finding", function() return #errors() == 0 end)
			say(line(8))`,
			[]string{"    priority 100"}},
		{"Explains", config, `
			at("VI_2")
			say(ask("hover").contents.value)`,
			[]string{"**VI_2** (vrrp_instance)", "", "- VRID: 52", "- Priority: 100", "- VRRP version: 2, every 1s", "- Interface: eth1",
				"- Sync group: G1", "- Addresses: 198.51.100.10/24"}},
		{"Completes", strings.Replace(config, "        chk\n", "        \n", 1), `
			at("        $")
			vim.cmd("normal! $")
			vim.api.nvim_win_set_cursor(0, { vim.fn.line("."), 8 })
			for _, item in ipairs(vim.lsp.util.text_document_completion_list_to_complete_items(ask("completion"), "")) do say(item.word) end`,
			[]string{"chk"}},
		{"GoesToTheDefinition", config, `
			vim.fn.search("track_script")
			vim.fn.search("chk")
			vim.lsp.buf.definition()
			wait("the definition", function() return vim.fn.line(".") == 1 end)
			say(vim.api.nvim_get_current_line())`,
			[]string{"vrrp_script chk {"}},
		{"GoesToAnIncludedFile", config + "include conf.d/more.conf\n", `
			at("conf.d")
			vim.lsp.buf.definition()
			wait("the file", function() return vim.fn.expand("%:t") == "more.conf" end)
			say(vim.api.nvim_get_current_line())`,
			[]string{"# more"}},
		{"Renames", config, `
			at("VI_1")
			vim.lsp.buf.rename("edge")
			wait("the new name", function() return contains("vrrp_instance edge {") end)
			say(line(5))
			say(line(26))`,
			[]string{"vrrp_instance edge {", "        edge"}},
		{"Formats", strings.Replace(config, "    priority 100\n", "priority   100   \n", 1), `
			at("priority")
			local format = vim.lsp.buf.format or vim.lsp.buf.formatting_sync
			format({}, 10000)
			say(line(8))
			say(vim.fn.line("$"))`,
			[]string{"    priority 100", "29"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"keepalived.conf": c.text, "conf.d/more.conf": "# more\n"}
			if got := edit(t, files, c.script); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

package floorplan

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is one parsed file.
type source struct {
	dir, name string // dir as in plan
	set       *token.FileSet
	file      *ast.File
}

// isTest tells whether only tests see the file.
func (s *source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

func (s *source) violation(at token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s/%s:%d: ", s.dir, s.name, s.set.Position(at).Line) + fmt.Sprintf(format, args...)
}

// importRule finds imports that point up, sideways, or out of a pure package.
func importRule(s *source) (violations []string) {
	place, ok := plan[s.dir]
	if !ok {
		return []string{s.violation(s.file.Package, "package %s has no place in the floor plan", s.dir)}
	}
	if s.isTest() {
		return nil // tests may reach where they like
	}
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the compiler complains
		}
		if reason := forbidden(place, s, imported); reason != "" {
			violations = append(violations, s.violation(spec.Pos(), "imports %s: %s", imported, reason))
		}
	}
	return violations
}

// forbidden says why a file in that place may not import a package; "" if it may.
func forbidden(place room, s *source, imported string) string {
	if own, ok := strings.CutPrefix(imported, module); ok {
		allowed := slices.ContainsFunc(place.mayImport, func(name string) bool {
			return own == name || strings.HasSuffix(name, "/") && strings.HasPrefix(own, name)
		})
		if !allowed {
			return place.why
		}
		return ""
	}
	switch excused := place.mayUse[s.name] != ""; {
	case !place.pure || excused:
		return ""
	case strings.Contains(strings.Split(imported, "/")[0], "."):
		return "the lower floors use the standard library only"
	}
	return impure[imported]
}

// purityRule finds clocks, goroutines, channels and global chance in a pure package.
func purityRule(s *source) (violations []string) {
	if place := plan[s.dir]; !place.pure || s.isTest() {
		return nil
	}
	timeName, randName := importName(s.file, "time"), importName(s.file, "math/rand/v2")
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			violations = append(violations, s.violation(n.Pos(), "starts a goroutine"))
		case *ast.ChanType:
			violations = append(violations, s.violation(n.Pos(), "has a channel"))
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			switch {
			case !ok:
			case pkg.Name == timeName && clocks[n.Sel.Name]:
				violations = append(violations, s.violation(n.Pos(), "calls time.%s: time is a parameter", n.Sel.Name))
			case pkg.Name == randName && !strings.HasPrefix(n.Sel.Name, "New") && n.Sel.Name != "Rand" && n.Sel.Name != "PCG":
				violations = append(violations, s.violation(n.Pos(), "uses global chance, rand.%s", n.Sel.Name))
			}
		}
		return true
	})
	return violations
}

// importName is the name by which a file knows a package; "" when it does not import it.
func importName(file *ast.File, imported string) string {
	for _, spec := range file.Imports {
		if spec.Path.Value != strconv.Quote(imported) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		base := path.Base(imported)
		if base == "v2" {
			base = path.Base(path.Dir(imported))
		}
		return base
	}
	return ""
}

// stateRule finds init functions and package-level variables that are written to, in the files of one
// package.
func stateRule(files []*source) (violations []string) {
	variables := packageVariables(files)
	for _, s := range files {
		if s.isTest() {
			continue
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if fn.Recv == nil && fn.Name.Name == "init" {
				violations = append(violations, s.violation(fn.Pos(), "has an init function: wiring is written out in cmd and daemon"))
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				for _, target := range written(n) {
					if name := packageVariable(target, variables); name != "" {
						violations = append(violations, s.violation(n.Pos(), "writes to the package-level variable %s", name))
					}
				}
				return true
			})
		}
	}
	return violations
}

// packageVariables maps the names of a package's variables to where they are declared.
func packageVariables(files []*source) map[string]*ast.ValueSpec {
	variables := make(map[string]*ast.ValueSpec)
	for _, s := range files {
		if s.isTest() {
			continue
		}
		for _, decl := range s.file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				for _, name := range spec.Names {
					variables[name.Name] = spec
				}
			}
		}
	}
	return variables
}

// written are the expressions that a statement assigns to.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	}
	return nil
}

// packageVariable is the name of the package-level variable behind an expression that is written to, be
// it the variable itself, its field or its element; "" if it is another.
func packageVariable(expr ast.Expr, variables map[string]*ast.ValueSpec) string {
	for {
		switch e := expr.(type) {
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		case *ast.Ident:
			spec, ok := variables[e.Name]
			// The parser resolves names within a file: a local variable has another declaration, a
			// variable of another file has none.
			if ok && (e.Obj == nil || e.Obj.Decl == spec) {
				return e.Name
			}
			return ""
		default:
			return ""
		}
	}
}

// testRule finds tests that skip, and tests that sleep outside a bubble of synctest.
func testRule(s *source) (violations []string) {
	if !s.isTest() {
		return nil
	}
	timeName, bubble := importName(s.file, "time"), importName(s.file, "testing/synctest") != ""
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		receiver, ok := selector.X.(*ast.Ident)
		switch name := selector.Sel.Name; {
		case !ok:
		case name == "Skip" || name == "Skipf" || name == "SkipNow":
			violations = append(violations, s.violation(call.Pos(), "skips: a silent skip is a test nobody has"))
		case name == "Sleep" && receiver.Name == timeName && !bubble:
			violations = append(violations, s.violation(call.Pos(), "sleeps in real time: wait for the event, or use a bubble"))
		}
		return true
	})
	return violations
}

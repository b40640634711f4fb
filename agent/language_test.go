package agent

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestSentences: each sentence that the code says in the language of the asker
// stands in the catalogue, in all languages and with the same gaps in the same
// order, and the catalogue has none that nobody says.
func TestSentences(t *testing.T) {
	said := map[string]bool{}
	files := token.NewFileSet()
	packages, err := parser.ParseDir(files, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // syntax is all that is looked at
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range packages["agent"].Files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || fun.Sel.Name != "text" {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: the sentence is no literal, so nobody can look for it", files.Position(call.Pos()))
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			said[s] = true
			if _, ok := sentences[s]; !ok {
				t.Errorf("%s: the catalogue has no %q", files.Position(call.Pos()), s)
			}
			return true
		})
	}
	if len(said) < 100 {
		t.Fatalf("%d sentences were found: this test looks for them wrongly", len(said))
	}
	gap := regexp.MustCompile(`%[a-z]`)
	for english, in := range sentences {
		if !said[english] {
			t.Errorf("nobody says %q", english)
		}
		for language, s := range map[Language]string{German: in.de, French: in.fr, Spanish: in.es, Portuguese: in.pt} {
			if s == "" || !slices.Equal(gap.FindAllString(s, -1), gap.FindAllString(english, -1)) {
				t.Errorf("%s: %q has not the gaps of %q", language, s, english)
			}
			if strings.Count(s, "`") != strings.Count(english, "`") || strings.ContainsAny(s, "{}") {
				t.Errorf("%s: %q is marked otherwise than %q", language, s, english)
			}
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for words, want := range map[string]Language{
		"what's in this?": English, "status": English, "who approved?": English, "why is it waiting?": English, "": English, "1.4.2": English,
		"what changed since Tuesday?": English, "what runs in production, and who has it?": English, "can you tell me the status of shop": English,
		"was ist drin?": German, "wer hat das freigegeben?": German, "warum wartet es?": German, "was läuft in production?": German, "was hat sich seit Dienstag geändert?": German,
		"qui a approuvé ?": French, "pourquoi ça attend ?": French, "qu'est-ce qui a changé depuis mardi ?": French, "quel est l'état de shop en production ?": French,
		"¿quién aprobó?": Spanish, "¿por qué está esperando?": Spanish, "¿qué cambió desde el martes?": Spanish, "¿cuál es el estado de shop?": Spanish,
		"quem aprovou?": Portuguese, "por que está esperando isso?": Portuguese, "o que mudou desde terça?": Portuguese, "qual é o estado do shop?": Portuguese,
		"部署": English, "shop production": English,
	} {
		if got := LanguageOf(words); got != want {
			t.Errorf("%q is taken for %q, want %q", words, got, want)
		}
	}
}

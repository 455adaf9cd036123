// Command hclcheck reads HCL with HashiCorp's own parser. It is for tests alone: they check with it that what this
// project writes is valid, formatted as `terraform fmt` formats, and means what it should.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

const usage = `hclcheck: reads {"file": "…", "strings": ["…"]} from standard input.
Prints what is wrong with the file, the file formatted, its blocks, and what each quoted string means.
`

type request struct {
	File    string   `json:"file"`
	Strings []string `json:"strings"`
}

type block struct {
	Type       string   `json:"type"`
	Labels     []string `json:"labels"`
	Attributes []string `json:"attributes"`
	// Attributes whose value is known without any variable.
	Constants map[string]any `json:"constants"`
	Blocks    []block        `json:"blocks"`
}

type answer struct {
	Problems  []string  `json:"problems"`
	Formatted string    `json:"formatted"`
	Blocks    []block   `json:"blocks"`
	Values    []*string `json:"values"`
}

func main() {
	if len(os.Args) > 1 {
		fmt.Print(usage)
		return
	}
	if err := check(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(in io.Reader, out io.Writer) error {
	var asked request
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return err
	}
	told := answer{Problems: []string{}, Formatted: string(hclwrite.Format([]byte(asked.File))), Values: []*string{}}
	file, diagnostics := hclsyntax.ParseConfig([]byte(asked.File), "file", hcl.InitialPos)
	for _, diagnostic := range diagnostics {
		told.Problems = append(told.Problems, diagnostic.Error())
	}
	if body, ok := file.Body.(*hclsyntax.Body); ok {
		told.Blocks = blocksOf(body)
	}
	for _, text := range asked.Strings {
		told.Values = append(told.Values, valueOf(text))
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(told)
}

func blocksOf(body *hclsyntax.Body) []block {
	blocks := []block{}
	for _, one := range body.Blocks {
		found := block{Type: one.Type, Labels: one.Labels, Attributes: []string{}, Constants: map[string]any{}, Blocks: blocksOf(one.Body)}
		for name, attribute := range one.Body.Attributes {
			found.Attributes = append(found.Attributes, name)
			if value, diagnostics := attribute.Expr.Value(nil); !diagnostics.HasErrors() {
				found.Constants[name] = plain(value)
			}
		}
		blocks = append(blocks, found)
	}
	return blocks
}

// valueOf is nil for what is no constant string.
func valueOf(text string) *string {
	expression, diagnostics := hclsyntax.ParseExpression([]byte(text), "string", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil
	}
	value, diagnostics := expression.Value(nil)
	if diagnostics.HasErrors() || value.Type() != cty.String {
		return nil
	}
	meant := value.AsString()
	return &meant
}

func plain(value cty.Value) any {
	if value.IsNull() {
		return nil
	}
	switch {
	case value.Type() == cty.String:
		return value.AsString()
	case value.Type() == cty.Bool:
		return value.True()
	case value.Type() == cty.Number:
		number, _ := value.AsBigFloat().Float64()
		return number
	case value.Type().IsTupleType():
		items := []any{}
		for _, item := range value.AsValueSlice() {
			items = append(items, plain(item))
		}
		return items
	case value.Type().IsObjectType():
		fields := map[string]any{}
		for name, field := range value.AsValueMap() {
			fields[name] = plain(field)
		}
		return fields
	}
	return nil
}

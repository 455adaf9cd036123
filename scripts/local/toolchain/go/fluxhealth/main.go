// Command fluxhealth tells what Flux thinks of the health of objects, with Flux's own code. It is for tests alone: they
// check with it that the expressions this project writes give the right verdict over statuses of the real operator.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const usage = `fluxhealth: reads {"expressions": {"current": "…"}, "objects": [{…}]} from standard input.
Prints {"status": "Current"} or {"error": "…"} for each object; without expressions, what kstatus says of it.
`

type request struct {
	Expressions *kustomize.HealthCheckExpressions `json:"expressions"`
	Objects     []unstructured.Unstructured       `json:"objects"`
}

type verdict struct {
	Status status.Status `json:"status,omitempty"`
	Error  string        `json:"error,omitempty"`
}

func main() {
	if len(os.Args) > 1 {
		fmt.Print(usage)
		return
	}
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(in io.Reader, out io.Writer) error {
	var asked request
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return err
	}
	evaluate := func(object *unstructured.Unstructured) (*status.Result, error) { return status.Compute(object) }
	if asked.Expressions != nil {
		evaluator, err := cel.NewStatusEvaluator(asked.Expressions)
		if err != nil {
			return err
		}
		evaluate = func(object *unstructured.Unstructured) (*status.Result, error) {
			return evaluator.Evaluate(context.Background(), object)
		}
	}
	verdicts := []verdict{}
	for _, object := range asked.Objects {
		result, err := evaluate(&object)
		if err != nil {
			verdicts = append(verdicts, verdict{Error: err.Error()})
			continue
		}
		verdicts = append(verdicts, verdict{Status: result.Status})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(verdicts)
}

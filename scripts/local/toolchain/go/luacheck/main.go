// Command luacheck runs a health check as Argo CD does: by the same interpreter, with the same libraries and no others. It is
// for tests alone: they check with it what the script of this project says of statuses of the real operator.
//
// Source of which libraries are open, and of how long a script may take: Argo CD 3.5.1, util/lua/lua.go.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

const usage = `luacheck: reads {"script": "…", "objects": [{…}]} from standard input.
Prints {"status": "…", "message": "…"} or {"error": "…"} for each object.
`

type request struct {
	Script  string           `json:"script"`
	Objects []map[string]any `json:"objects"`
}

type verdict struct {
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
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
	verdicts := []verdict{}
	for _, object := range asked.Objects {
		verdicts = append(verdicts, healthOf(object, asked.Script))
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(verdicts)
}

func healthOf(object map[string]any, script string) verdict {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	// Argo CD has a part of `os` too, which tells the time.
	open := map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage,
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	}
	for _, name := range []string{lua.LoadLibName, lua.BaseLibName, lua.TabLibName} {
		call := lua.P{Fn: state.NewFunction(open[name]), NRet: 0, Protect: true}
		if err := state.CallByParam(call, lua.LString(name)); err != nil {
			return verdict{Error: err.Error()}
		}
	}
	limit, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(limit)
	state.SetGlobal("obj", valueOf(state, object))
	if err := state.DoString(script); err != nil {
		return verdict{Error: err.Error()}
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return verdict{Error: "the script returned no table"}
	}
	told := verdict{Status: textOf(table, "status"), Message: textOf(table, "message")}
	switch told.Status {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
		return told
	}
	return verdict{Error: "invalid health status: " + told.Status}
}

// textOf is empty for what is no text: Argo CD would refuse the whole answer.
func textOf(table *lua.LTable, key string) string {
	if text, ok := table.RawGetString(key).(lua.LString); ok {
		return string(text)
	}
	return ""
}

// valueOf is a JSON value in Lua. Numbers are the same there, whole or not.
func valueOf(state *lua.LState, value any) lua.LValue {
	switch given := value.(type) {
	case bool:
		return lua.LBool(given)
	case float64:
		return lua.LNumber(given)
	case string:
		return lua.LString(given)
	case []any:
		list := state.NewTable()
		for _, item := range given {
			list.Append(valueOf(state, item))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for key, item := range given {
			table.RawSetString(key, valueOf(state, item))
		}
		return table
	}
	return lua.LNil
}

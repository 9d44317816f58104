// Package steps runs named steps and prints one line for each: `ok NAME`, `failed NAME: why`, or `absent NAME: why` for what the broker
// does not serve by its own words.
package steps

import (
	"errors"
	"fmt"
	"os"
)

// ErrAbsent marks what the broker does not serve yet.
var ErrAbsent = errors.New("not served")

var failed bool

// Run runs a step.
func Run(name string, step func() error) {
	err := step()
	switch {
	case err == nil:
		fmt.Println("ok", name)
	case errors.Is(err, ErrAbsent):
		fmt.Printf("absent %s: %v\n", name, err)
	default:
		failed = true
		fmt.Printf("failed %s: %v\n", name, err)
	}
}

// End ends the process: with 1 when a step failed.
func End() {
	if failed {
		os.Exit(1)
	}
	os.Exit(0)
}

// Check is an error unless isTrue.
func Check(isTrue bool, format string, values ...any) error {
	if isTrue {
		return nil
	}
	return fmt.Errorf("unexpected: "+format, values...)
}

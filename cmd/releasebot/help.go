package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// helpWidth is how wide help is, in characters.
const helpWidth = 80

// writeHelp writes what --help prints: how a command is used, its arguments and
// flags, and all the commands below it.
func writeHelp(w io.Writer, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Usage = "Show this."
	var b strings.Builder
	switch {
	case cmd.HasAvailableSubCommands():
		fmt.Fprintf(&b, "Usage: %s <command>\n", cmd.CommandPath())
	case cmd.HasAvailableLocalFlags():
		fmt.Fprintf(&b, "Usage: %s [flags]\n", cmd.UseLine())
	default:
		fmt.Fprintf(&b, "Usage: %s\n", cmd.UseLine())
	}
	fmt.Fprintf(&b, "\n%s\n", cmd.Short)
	if cmd.Long != "" {
		fmt.Fprintf(&b, "\nArguments:\n%s", cmd.Long)
	}
	if below := helpBelow(cmd, ""); len(below) > 0 {
		fmt.Fprintf(&b, "\nCommands:\n%s", columns(below))
	}
	fmt.Fprintf(&b, "\nFlags:\n%s", cmd.LocalFlags().FlagUsagesWrapped(helpWidth))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s <command> --help says more about a command.\n", cmd.CommandPath())
	}
	_, _ = io.WriteString(w, b.String()) //nolint:errcheck // there is nobody left to tell
}

// helpBelow lists the commands that run, with what each does.
func helpBelow(cmd *cobra.Command, path string) [][2]string {
	var lines [][2]string
	for _, sub := range cmd.Commands() {
		switch {
		case !sub.IsAvailableCommand():
		case sub.HasAvailableSubCommands():
			lines = append(lines, helpBelow(sub, path+sub.Name()+" ")...)
		default:
			lines = append(lines, [2]string{path + sub.Name(), sub.Short})
		}
	}
	return lines
}

func argumentsHelp(arguments []argument) string {
	var lines [][2]string
	for _, a := range arguments {
		lines = append(lines, [2]string{a.String(), a.help})
	}
	return columns(lines)
}

// columns sets names and texts beside each other.
func columns(lines [][2]string) string {
	if len(lines) == 0 {
		return ""
	}
	longest := slices.MaxFunc(lines, func(a, b [2]string) int { return len(a[0]) - len(b[0]) })
	indent := 2 + len(longest[0]) + 3
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "  %-*s   ", len(longest[0]), l[0])
		column := indent
		for i, word := range strings.Fields(l[1]) {
			switch n := utf8.RuneCountInString(word); {
			case i == 0:
				column += n
			case column+1+n > helpWidth:
				fmt.Fprintf(&b, "\n%*s", indent, "")
				column = indent + n
			default:
				b.WriteByte(' ')
				column += 1 + n
			}
			b.WriteString(word)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

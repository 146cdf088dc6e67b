// Package util has the list of what image extensions would leave alone.
package util

type IgnoreListEntry struct {
	Path            string
	PrefixMatchOnly bool
}

func AddToDefaultIgnoreList(IgnoreListEntry) {}

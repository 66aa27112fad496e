// Command supply writes down what the programs are made of.
//
//	supply licences   docs/licences.md: every module that a function or the
//	                  operators' command links, and its licence
//	supply sbom FILE  FILE.cdx.json: what a built program says of itself
//	                  (go version -m), as CycloneDX 1.6
//
// Both read what Go itself knows: the packages that a build links, the texts in
// the module cache, the build information in a program. Only licences that ask
// for no more than to be named are taken; another, or a text that is not
// recognised, is an error.
package main

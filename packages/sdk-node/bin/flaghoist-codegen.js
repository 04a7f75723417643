#!/usr/bin/env node
// Stands in the repository, so that package managers find it before anything is built.
import '../dist/codegen.js'

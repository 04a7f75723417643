#!/usr/bin/env node
// This file is checked in, because package managers link a bin before the package is built.
import '../dist/codegen.js'

/* Empty on purpose: ICU headers are included only by Sources/ICUShim/shim.c. */

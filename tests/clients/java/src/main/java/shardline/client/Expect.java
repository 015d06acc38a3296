package shardline.client;

import java.util.Objects;

/** Assertions that need no test framework. */
final class Expect {
    private Expect() {
    }

    static void that(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    static void equal(Object expected, Object actual) {
        that(Objects.equals(expected, actual), "expected " + expected + ", got " + actual);
    }
}

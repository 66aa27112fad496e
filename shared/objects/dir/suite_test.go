package dir_test

import (
	"testing"

	"paceline/shared/objects/objectstest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	objectstest.Suite(t, objectstest.Dir)
}

"""Files in the grammar of Apache Liminal (github.com/apache/incubator-liminal), read as files of this project's."""
